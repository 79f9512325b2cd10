package dev.holdfast.api.vm.storage;

import com.fasterxml.jackson.annotation.JsonProperty;

public enum ImageFormat {
    @JsonProperty("raw")
    RAW,
    @JsonProperty("qcow2")
    QCOW2
}
