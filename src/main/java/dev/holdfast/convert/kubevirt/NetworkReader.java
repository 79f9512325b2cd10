package dev.holdfast.convert.kubevirt;

import dev.holdfast.convert.draft.Draft;
import dev.holdfast.convert.draft.Notes;
import dev.holdfast.convert.draft.Values;
import dev.holdfast.convert.tree.Part;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reader of the network interface: a PassthroughVM can have one, on the pod's network. */
final class NetworkReader {
    private static final Pattern PORT_NAME = Pattern.compile("(?=.*[a-z])(?=.{1,15}$)([a-z0-9]+-)*[a-z0-9]+");
    private static final Map<String, String> PROTOCOLS = Map.of("TCP", "TCP", "UDP", "UDP");
    private static final List<String> BINDINGS =
            List.of("bridge", "slirp", "passt", "macvtap", "binding", "passtBinding");
    private static final int MAX_PORTS = 64;
    private static final int MAX_NAME_LENGTH = 58;

    private final Part devices;
    private final Part networks;
    private final Draft draft;
    private final Notes notes;
    private final Values values;

    NetworkReader(Part spec, Draft draft, Notes notes) {
        this.devices = spec.field("domain").field("devices");
        this.networks = spec.field("networks");
        this.draft = draft;
        this.notes = notes;
        this.values = new Values(notes);
    }

    void read() {
        Part auto = devices.field("autoattachPodInterface");
        boolean wanted = values.bool(auto).orElse(true);
        List<Part> interfaces = devices.field("interfaces").items();
        if (interfaces.isEmpty() && networks.items().isEmpty()) {
            if (wanted) {
                addDefault();
            }
            return;
        }
        Map<String, Part> byName = new LinkedHashMap<>();
        networks.items().forEach(network -> network.field("name").peek().ifPresent(name -> byName.put(name, network)));
        for (Part nic : interfaces) {
            Part network = byName.remove(nic.field("name").peek().orElse(""));
            if (network != null
                    && network.field("pod").given()
                    && draft.size("spec.networks") == 0
                    && !nic.field("sriov").present()) {
                card(nic, network);
            } else {
                reject(nic, network);
            }
        }
        byName.values()
                .forEach(network -> notes.notCarriedOver(
                        network,
                        "no interface has the name of the network, so the guest would not see it; no action"
                                + " is needed"));
    }

    private void addDefault() {
        draft.add("spec.devices.interfaces", Draft.entry("name", "default", "masquerade", Map.of()));
        draft.add("spec.networks", Draft.entry("name", "default", "pod", Map.of()));
        notes.differs(
                devices.path() + ".interfaces",
                "KubeVirt adds a network interface on the pod's network, so one was added; list the guest's ports in"
                        + " ports, because all others are closed");
    }

    private void reject(Part nic, @Nullable Part network) {
        String text;
        if (nic.field("sriov").present()) {
            text = "virtual functions are host devices; create a PassthroughDeviceClass for it and add it to"
                    + " devices.hostDevices";
        } else if (network == null || network.field("pod").present()) {
            text = "a PassthroughVM can have at most one network interface, on the pod's network; pass a virtual"
                    + " function through for another";
        } else {
            text = "only the pod's network is supported; pass a virtual function through as a host device";
        }
        notes.notCarriedOver(nic, text);
        if (network != null && !network.field("pod").present()) {
            notes.notCarriedOver(
                    network, "only the pod's network is supported; pass a virtual function through as a host device");
        }
    }

    private void card(Part nic, Part network) {
        String given = nic.field("name").text().orElse("");
        network.field("name").done();
        String name =
                given.length() <= MAX_NAME_LENGTH && Values.LABEL.matcher(given).matches()
                        ? given
                        : Values.name(given, MAX_NAME_LENGTH, "default");
        Map<String, Object> card = Draft.entry("name", name, "masquerade", Map.of());
        binding(nic);
        model(nic.field("model"), card);
        values.text(nic.field("macAddress"), Values.MAC, "a unicast MAC address such as 02:00:00:12:34:56")
                .ifPresent(mac -> card.put("macAddress", mac));
        ports(nic, card);
        nic.field("state").is("up");
        draft.add("spec.devices.interfaces", card);
        draft.add("spec.networks", Draft.entry("name", name, "pod", Map.of()));
    }

    private void binding(Part nic) {
        if (nic.field("masquerade").given()) {
            return;
        }
        BINDINGS.stream()
                .map(nic::field)
                .filter(Part::present)
                .findFirst()
                .ifPresent(binding -> notes.changed(
                        binding,
                        "replaced by masquerade: the guest is behind the pod's address, and its own address"
                                + " is 10.0.2.15; no action is needed unless the guest needs the pod's"
                                + " address"));
    }

    private void model(Part model, Map<String, Object> card) {
        Optional<String> text = model.text();
        if (text.isEmpty()) {
            return;
        }
        if (text.get().equals("virtio") || text.get().equals("e1000e")) {
            card.put("model", text.get());
        } else {
            card.put("model", "e1000e");
            notes.changed(
                    model,
                    "%s was replaced by e1000e, for which every guest has a driver; no action is needed"
                            .formatted(Notes.quote(text.get())));
        }
    }

    private void ports(Part nic, Map<String, Object> card) {
        List<Part> ports = nic.field("ports").items();
        if (ports.isEmpty()) {
            notes.differs(
                    nic.path() + ".ports",
                    "KubeVirt opens all ports of the guest if none is listed, Holdfast opens none; list the ports"
                            + " that must be reachable");
            return;
        }
        Set<Object> seen = new HashSet<>();
        List<Object> made = new ArrayList<>();
        for (Part port : ports) {
            Optional<Integer> number = values.number(port.field("port"), 1, 65535);
            if (number.isEmpty() || made.size() == MAX_PORTS) {
                notes.notCarriedOver(
                        port,
                        "the port has no valid number, or there are more than %d ports; correct it"
                                .formatted(MAX_PORTS));
                continue;
            }
            Map<String, Object> entry = new LinkedHashMap<>();
            values.text(
                            port.field("name"),
                            PORT_NAME,
                            "1 to 15 lower-case letters, digits and inner dashes, with at least one letter")
                    .filter(name -> seen.add("name " + name))
                    .ifPresent(name -> entry.put("name", name));
            entry.put("port", number.get());
            Part given = port.field("protocol");
            Optional<String> chosen = values.choice(given, PROTOCOLS, "the port is omitted; use TCP or UDP");
            if (given.present() && chosen.isEmpty()) {
                continue;
            }
            String protocol = chosen.orElse("TCP");
            if (!seen.add(number.get() + protocol)) {
                notes.notCarriedOver(port, "the port is listed twice; no action is needed");
                continue;
            }
            if (protocol.equals("UDP")) {
                entry.put("protocol", protocol);
            }
            made.add(entry);
        }
        if (!made.isEmpty()) {
            card.put("ports", made);
        }
    }
}
