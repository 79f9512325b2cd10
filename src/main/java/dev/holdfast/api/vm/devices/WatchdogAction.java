package dev.holdfast.api.vm.devices;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What happens then. */
public enum WatchdogAction {
    @JsonProperty("reset")
    RESET,
    @JsonProperty("poweroff")
    POWEROFF,
    @JsonProperty("shutdown")
    SHUTDOWN
}
