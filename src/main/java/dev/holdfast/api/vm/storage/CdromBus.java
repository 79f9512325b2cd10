package dev.holdfast.api.vm.storage;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Controller of a CD-ROM drive. */
public enum CdromBus {
    @JsonProperty("sata")
    SATA
}
