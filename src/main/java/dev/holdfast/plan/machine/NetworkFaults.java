package dev.holdfast.plan.machine;

import static dev.holdfast.plan.machine.VolumeFaults.names;
import static dev.holdfast.plan.machine.VolumeFaults.require;

import dev.holdfast.api.vm.PassthroughVMSpec;
import dev.holdfast.api.vm.Port;
import dev.holdfast.api.vm.Protocol;
import dev.holdfast.api.vm.VmInterface;
import dev.holdfast.api.vm.VmNetwork;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;

/** What is wrong with the network of a spec, for a spec that the API server has not seen. */
final class NetworkFaults {
    private static final int MOST_PORTS = 64;
    private static final Pattern MAC = Pattern.compile("(?!00(:00){5})[0-9A-Fa-f][02468ACEace](:[0-9A-Fa-f]{2}){5}");
    private static final Pattern PORT = Pattern.compile("(?=.*[a-z])(?=.{1,15}$)([a-z0-9]+-)*[a-z0-9]+");

    private NetworkFaults() {}

    static List<VmInterface> interfaces(PassthroughVMSpec spec) {
        return spec.devices() == null
                ? List.of()
                : Objects.requireNonNullElse(spec.devices().interfaces(), List.of());
    }

    /** @throws IllegalArgumentException with one sentence */
    static void check(PassthroughVMSpec spec) {
        List<VmInterface> interfaces = interfaces(spec);
        List<VmNetwork> networks = Objects.requireNonNullElse(spec.networks(), List.of());
        require(
                interfaces.size() <= 1 && networks.size() <= 1,
                "there are %d interfaces and %d networks, but a pod has one network; keep one of each",
                interfaces.size(),
                networks.size());
        Set<String> nics = names(
                "interface",
                "spec.devices.interfaces",
                interfaces.stream().map(VmInterface::name).toList());
        Set<String> nets = names(
                "network",
                "spec.networks",
                networks.stream().map(VmNetwork::name).toList());
        nics.forEach(name -> require(
                nets.contains(name),
                "the interface %s has no network of its name; add one to spec.networks, or remove the interface",
                name));
        nets.forEach(name -> require(
                nics.contains(name),
                "the network %s has no interface of its name, so the guest would not see it; add one to spec.devices.interfaces, or remove the network",
                name));
        networks.forEach(network ->
                require(network.pod() != null, "the network %s is of no kind; give pod: {}", network.name()));
        interfaces.forEach(NetworkFaults::check);
    }

    private static void check(VmInterface nic) {
        require(
                nic.macAddress() == null || MAC.matcher(nic.macAddress()).matches(),
                "the interface %s has the macAddress %s, but the address of one card is expected, its first pair even, as 02:00:00:12:34:56",
                nic.name(),
                nic.macAddress());
        List<Port> ports = Objects.requireNonNullElse(nic.ports(), List.of());
        require(
                ports.size() <= MOST_PORTS,
                "the interface %s has %d ports, but 64 is the most",
                nic.name(),
                ports.size());
        Set<String> numbers = new HashSet<>();
        Set<String> names = new HashSet<>();
        for (Port port : ports) {
            require(
                    port.port() != null && port.port() >= 1 && port.port() <= 65535,
                    "the interface %s has the port %s, but 1 to 65535 is expected",
                    nic.name(),
                    port.port());
            require(
                    numbers.add(port.port() + (port.protocol() == Protocol.UDP ? "/UDP" : "/TCP")),
                    "the interface %s has the port %d twice with the same protocol; remove one",
                    nic.name(),
                    port.port());
            require(
                    port.name() == null || PORT.matcher(port.name()).matches(),
                    "the interface %s has a port named %s, but lower-case letters, digits and single inner dashes are expected, with a letter among them and 15 at the most",
                    nic.name(),
                    port.name());
            require(
                    port.name() == null || names.add(port.name()),
                    "the interface %s has two ports named %s, but a Service tells them apart by it; rename one",
                    nic.name(),
                    port.name());
        }
    }
}
