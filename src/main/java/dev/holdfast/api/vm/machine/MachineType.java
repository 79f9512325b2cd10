package dev.holdfast.api.vm.machine;

import com.fasterxml.jackson.annotation.JsonProperty;

/** The chipset. */
public enum MachineType {
    @JsonProperty("q35")
    Q35
}
