package dev.holdfast.api.vm.network;

import com.fasterxml.jackson.annotation.JsonProperty;

public enum NicModel {
    @JsonProperty("virtio")
    VIRTIO,
    @JsonProperty("e1000e")
    E1000E
}
