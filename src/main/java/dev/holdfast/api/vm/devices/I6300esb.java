package dev.holdfast.api.vm.devices;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import org.jspecify.annotations.Nullable;

/** Intel's 6300ESB. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record I6300esb(
        @JsonPropertyDescription(
                "What happens when it was not fed. reset (the default): as by the button. poweroff: QEMU ends at once. shutdown: the guest is asked to.")
        @Nullable
        WatchdogAction action) {}
