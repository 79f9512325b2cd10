package dev.holdfast.api.vm.devices;

import com.fasterxml.jackson.annotation.JsonProperty;

public enum IommuModel {
    @JsonProperty("intel")
    INTEL,
    @JsonProperty("virtio")
    VIRTIO
}
