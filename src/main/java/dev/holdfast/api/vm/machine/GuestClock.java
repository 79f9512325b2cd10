package dev.holdfast.api.vm.machine;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** What the guest's real-time clock shows. */
@ValidationRule(
        value = "!has(self.utc) || !has(self.timezone)",
        message = "there are both utc and timezone, but a clock shows one time; remove one")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record GuestClock(
        @JsonPropertyDescription("UTC, which Linux expects; the default.") @Nullable
        Utc utc,

        @JsonPropertyDescription(
                "The local time of a zone of the tz database, such as Europe/Berlin: what Windows expects. The launcher's image"
                        + " has to know the zone.")
        @Nullable
        @Size(max = 64)
        @ValidationRule(
                value = "self.matches('^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z][A-Za-z0-9_+-]*){0,2}$')",
                message = "a timezone is a name of the tz database; give one such as Europe/Berlin")
        String timezone) {}
