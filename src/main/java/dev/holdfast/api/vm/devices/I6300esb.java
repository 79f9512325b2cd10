package dev.holdfast.api.vm.devices;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import org.jspecify.annotations.Nullable;

/** Intel 6300ESB watchdog. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record I6300esb(
        @JsonPropertyDescription(
                "Action when the timer expires. reset (the default): the guest is reset. poweroff: QEMU exits"
                        + " immediately. shutdown: the guest is asked to shut down.")
        @Nullable
        WatchdogAction action) {}
