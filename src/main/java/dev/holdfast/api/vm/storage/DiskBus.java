package dev.holdfast.api.vm.storage;

import com.fasterxml.jackson.annotation.JsonProperty;

public enum DiskBus {
    @JsonProperty("virtio")
    VIRTIO,
    @JsonProperty("sata")
    SATA,
    @JsonProperty("nvme")
    NVME
}
