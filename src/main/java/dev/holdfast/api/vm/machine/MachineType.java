package dev.holdfast.api.vm.machine;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Chipset of the machine. */
public enum MachineType {
    @JsonProperty("q35")
    Q35
}
