package dev.holdfast.api.vm.machine;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** Time that the guest's real-time clock shows. */
@ValidationRule(
        value = "!has(self.utc) || !has(self.timezone)",
        message = "utc and timezone are both set, but at most one of them is allowed; remove one")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record GuestClock(
        @JsonPropertyDescription("The clock shows UTC (the default), which Linux expects.") @Nullable
        Utc utc,

        @JsonPropertyDescription(
                "The clock shows the local time of a zone of the tz database, such as Europe/Berlin, which Windows"
                        + " expects. The launcher image must contain the zone.")
        @Nullable
        @Size(max = 64)
        @ValidationRule(
                value = "self.matches('^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z][A-Za-z0-9_+-]*){0,2}$')",
                message = "must be the name of a zone of the tz database; set one such as Europe/Berlin")
        String timezone) {}
