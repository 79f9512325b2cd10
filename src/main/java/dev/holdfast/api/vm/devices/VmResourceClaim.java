package dev.holdfast.api.vm.devices;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.holdfast.api.DnsNames;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** ResourceClaim that the VM's pod uses, or the template that one is created from for each pod. */
@ValidationRule(
        value = "has(self.resourceClaimName) != has(self.resourceClaimTemplateName)",
        message = "an entry must have exactly one of resourceClaimName and resourceClaimTemplateName; set exactly one")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record VmResourceClaim(
        @JsonPropertyDescription("Name of the entry, which devices have as their claimName.")
        @Required
        @Size(max = 63)
        @ValidationRule(
                value = "self.matches('^" + DnsNames.LABEL + "$')",
                message = "must be lower-case letters, digits and inner dashes; set a name such as gpu")
        String name,

        @JsonPropertyDescription(
                "Name of a ResourceClaim in the VM's namespace. Only one pod at a time may use" + " it.")
        @Nullable
        @Size(min = 1, max = 253)
        @ValidationRule(
                value = "self.matches('^" + DnsNames.SUBDOMAIN + "$')",
                message = "must be lower-case letters, digits, inner dashes and dots; `kubectl get resourceclaims`"
                        + " lists the names")
        String resourceClaimName,

        @JsonPropertyDescription("Name of a ResourceClaimTemplate in the VM's namespace. Each pod of the VM gets a"
                + " claim of its own, which is deleted with the pod.")
        @Nullable
        @Size(min = 1, max = 253)
        @ValidationRule(
                value = "self.matches('^" + DnsNames.SUBDOMAIN + "$')",
                message = "must be lower-case letters, digits, inner dashes and dots; `kubectl get"
                        + " resourceclaimtemplates` lists the names")
        String resourceClaimTemplateName) {}
