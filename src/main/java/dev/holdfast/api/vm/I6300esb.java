package dev.holdfast.api.vm;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import org.jspecify.annotations.Nullable;

/** Intel's 6300ESB. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record I6300esb(
        @JsonPropertyDescription(
                "When it was not fed. reset: as by the button. poweroff: QEMU ends at once. shutdown: the guest is asked to.")
        @Nullable
        @Default("reset")
        WatchdogAction action) {}
