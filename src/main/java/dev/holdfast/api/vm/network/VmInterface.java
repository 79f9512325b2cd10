package dev.holdfast.api.vm.network;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A network card as the guest sees it, on the network of the same name. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record VmInterface(
        @JsonPropertyDescription("Of the interface and of its network.")
        @Required
        @Size(max = 58)
        @ValidationRule(
                value = "self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
                message =
                        "an interface is named by lower-case letters, digits and inner dashes; give a name such as default")
        String name,

        @JsonPropertyDescription("virtio (the default), for guests with its driver; e1000e, for all others.") @Nullable
        NicModel model,

        @JsonPropertyDescription("The card's address; made from the VM's UID and the interface's name when absent.")
        @Nullable
        @Size(max = 17)
        @ValidationRule(
                value = "self.matches('^[0-9A-Fa-f][02468ACEace](:[0-9A-Fa-f]{2}){5}$') && self != '00:00:00:00:00:00'",
                message = "expected is the address of one card, its first pair even, as 02:00:00:12:34:56")
        String macAddress,

        @JsonPropertyDescription("The guest is behind the pod's address; the only way to attach it, and the default.")
        @Nullable
        Masquerade masquerade,

        @JsonPropertyDescription(
                "What of the guest can be reached at the pod's address, each at the same number; all else cannot.")
        @Nullable
        @Size(max = 64)
        @ValidationRule(
                value = "self.all(a, self.exists_one(b, a.port == b.port && (has(a.protocol) ? a.protocol : 'TCP') =="
                        + " (has(b.protocol) ? b.protocol : 'TCP')))",
                message = "two ports have the same number and protocol; remove one")
        @ValidationRule(
                value = "self.all(a, !has(a.name) || self.exists_one(b, has(b.name) && a.name == b.name))",
                message = "two ports have the same name, but a Service tells them apart by it; rename one")
        List<Port> ports) {}
