package dev.holdfast.api.vm;

import com.fasterxml.jackson.annotation.JsonProperty;

public enum DiskIo {
    @JsonProperty("threads")
    THREADS,
    @JsonProperty("native")
    NATIVE
}
