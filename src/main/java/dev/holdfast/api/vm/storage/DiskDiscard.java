package dev.holdfast.api.vm.storage;

import com.fasterxml.jackson.annotation.JsonProperty;

public enum DiskDiscard {
    @JsonProperty("unmap")
    UNMAP,
    @JsonProperty("ignore")
    IGNORE
}
