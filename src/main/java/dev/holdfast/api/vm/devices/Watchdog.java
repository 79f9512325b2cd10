package dev.holdfast.api.vm.devices;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.holdfast.api.DnsNames;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** Watchdog timer, which the guest must reset regularly. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Watchdog(
        @JsonPropertyDescription("Name for people. Nothing refers to it.")
        @Nullable
        @Size(max = 63)
        @ValidationRule(
                value = "self.matches('^" + DnsNames.LABEL + "$')",
                message = "a name must be lower-case letters, digits and inner dashes; set one such as watchdog")
        String name,

        @JsonPropertyDescription("Intel 6300ESB, which Linux (i6300esb) and Windows support.") @Required
        I6300esb i6300esb) {}
