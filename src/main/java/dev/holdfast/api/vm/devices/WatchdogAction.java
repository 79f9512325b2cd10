package dev.holdfast.api.vm.devices;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Action when the timer of a watchdog expires. */
public enum WatchdogAction {
    @JsonProperty("reset")
    RESET,
    @JsonProperty("poweroff")
    POWEROFF,
    @JsonProperty("shutdown")
    SHUTDOWN
}
