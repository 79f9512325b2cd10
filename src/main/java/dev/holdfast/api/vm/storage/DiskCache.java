package dev.holdfast.api.vm.storage;

import com.fasterxml.jackson.annotation.JsonProperty;

public enum DiskCache {
    @JsonProperty("none")
    NONE,
    @JsonProperty("writeback")
    WRITEBACK,
    @JsonProperty("writethrough")
    WRITETHROUGH
}
