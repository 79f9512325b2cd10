package dev.holdfast.api.vm.network;

public enum Protocol {
    TCP,
    UDP
}
