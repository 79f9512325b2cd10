package dev.holdfast.api.vm;


public enum Protocol {
    TCP,
    UDP
}
