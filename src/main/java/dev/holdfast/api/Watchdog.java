package dev.holdfast.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Required;
import org.jspecify.annotations.Nullable;

/** A timer that the guest has to feed. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Watchdog(
        @JsonPropertyDescription("Intel's 6300ESB, which Linux (i6300esb) and Windows know.") @Required
        I6300esb i6300esb) {

    /** Intel's 6300ESB. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record I6300esb(
            @JsonPropertyDescription(
                    "When it was not fed. reset: as by the button. poweroff: QEMU ends at once. shutdown: the guest is asked to.")
            @Nullable
            @Default("reset")
            Action action) {}

    /** What happens then. */
    public enum Action {
        @JsonProperty("reset")
        RESET,
        @JsonProperty("poweroff")
        POWEROFF,
        @JsonProperty("shutdown")
        SHUTDOWN
    }
}
