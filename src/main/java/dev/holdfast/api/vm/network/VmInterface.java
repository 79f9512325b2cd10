package dev.holdfast.api.vm.network;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.holdfast.api.DnsNames;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Network interface of the guest, on the network of the same name. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record VmInterface(
        @JsonPropertyDescription("Name of the interface and of its network.")
        @Required
        @Size(max = 58)
        @ValidationRule(
                value = "self.matches('^" + DnsNames.LABEL + "$')",
                message = "an interface's name must be lower-case letters, digits and inner dashes; set a name such as"
                        + " default")
        String name,

        @JsonPropertyDescription("Model of the interface: virtio (the default), for guests with a virtio driver;"
                + " e1000e, for all others.")
        @Nullable
        NicModel model,

        @JsonPropertyDescription("MAC address of the interface. If absent, it is derived from the VM's UID and the"
                + " interface's name.")
        @Nullable
        @Size(max = 17)
        @ValidationRule(
                value = "self.matches('^[0-9A-Fa-f][02468ACEace](:[0-9A-Fa-f]{2}){5}$') && self != '00:00:00:00:00:00'",
                message = "must be a unicast MAC address, whose first byte is even; set an address such as"
                        + " 02:00:00:12:34:56")
        String macAddress,

        @JsonPropertyDescription(
                "Attaches the guest behind the pod's address. This is the only binding, and the default.")
        @Nullable
        Masquerade masquerade,

        @JsonPropertyDescription(
                "Ports of the guest that can be reached at the pod's address, under the same number. No other port"
                        + " can be reached.")
        @Nullable
        @Size(max = 64)
        @ValidationRule(
                value = "self.all(a, self.exists_one(b, a.port == b.port && (has(a.protocol) ? a.protocol : 'TCP') =="
                        + " (has(b.protocol) ? b.protocol : 'TCP')))",
                message = "two ports have the same number and protocol, but each must be unique; remove one")
        @ValidationRule(
                value = "self.all(a, !has(a.name) || self.exists_one(b, has(b.name) && a.name == b.name))",
                message = "two ports have the same name, but names must be unique, because Services refer to them;"
                        + " rename one")
        List<Port> ports) {}
