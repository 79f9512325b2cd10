package dev.holdfast.api.vm.storage;

import com.fasterxml.jackson.annotation.JsonProperty;

public enum DiskIo {
    @JsonProperty("threads")
    THREADS,
    @JsonProperty("native")
    NATIVE
}
