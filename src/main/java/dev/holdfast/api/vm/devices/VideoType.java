package dev.holdfast.api.vm.devices;

import com.fasterxml.jackson.annotation.JsonProperty;

public enum VideoType {
    @JsonProperty("none")
    NONE,
    @JsonProperty("vga")
    VGA,
    @JsonProperty("virtio")
    VIRTIO,
    @JsonProperty("bochs")
    BOCHS,
    @JsonProperty("ramfb")
    RAMFB
}
