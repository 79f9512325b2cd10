package dev.holdfast.api.vm;

import com.fasterxml.jackson.annotation.JsonProperty;

public enum DiskDiscard {
    @JsonProperty("unmap")
    UNMAP,
    @JsonProperty("ignore")
    IGNORE
}
