package dev.holdfast.convert.libvirt;

import dev.holdfast.convert.draft.Draft;
import dev.holdfast.convert.draft.Note;
import dev.holdfast.convert.draft.Notes;
import dev.holdfast.convert.draft.Values;
import dev.holdfast.convert.tree.Part;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reader of the first emulated network interface, on the pod's network; all others are reported. */
final class InterfaceReader {
    private static final Set<String> EMULATED_TYPES = Set.of(
            "network", "bridge", "user", "ethernet", "direct", "internal", "server", "client", "mcast", "udp", "null");
    private static final String NO_ROM = "its option ROM is missing, so the limit is 256 KiB lower";

    private final Part devices;
    private final Draft draft;
    private final Notes notes;
    private final Values values;

    InterfaceReader(Part devices, Draft draft, Notes notes) {
        this.devices = devices;
        this.draft = draft;
        this.notes = notes;
        this.values = new Values(notes);
    }

    void read() {
        for (Part nic : devices.children("interface")) {
            String type = nic.attribute("type").peek().orElse("");
            if (type.equals("hostdev")) {
                continue;
            }
            if (!EMULATED_TYPES.contains(type)) {
                notes.notCarriedOver(
                        nic,
                        "such network interfaces are not supported: %s, and for a vDPA interface does not include a map of the guest's memory; pass a virtual function through"
                                .formatted(NO_ROM));
            } else if (draft.size("spec.networks") > 0) {
                notes.notCarriedOver(
                        nic,
                        "a PassthroughVM can have at most one emulated network interface: %s; pass a virtual function through for another"
                                .formatted(NO_ROM));
            } else {
                card(nic);
            }
        }
    }

    private void card(Part nic) {
        nic.attribute("type").done();
        nic.attribute("managed").is("no");
        Map<String, Object> card = Draft.entry("name", "default", "masquerade", Map.of());
        model(nic.child("model").attribute("type"), card);
        values.text(
                        nic.child("mac").attribute("address"),
                        Values.MAC,
                        "a unicast MAC address such as 02:00:00:12:34:56")
                .ifPresent(mac -> card.put("macAddress", mac));
        nic.child("link").attribute("state").is("up");
        boolean noRom = nic.child("rom").attribute("enabled").is("no")
                | nic.child("rom").attribute("bar").is("off");
        draft.add("spec.devices.interfaces", card);
        draft.add("spec.networks", Draft.entry("name", "default", "pod", Map.of()));
        String text = "the guest is behind the pod's address, and its ports are closed; list the ports that must be"
                + " reachable in interfaces[0].ports";
        Part source = nic.child("source");
        if (source.present()) {
            notes.changed(source, text);
        } else {
            notes.add(nic.path(), Note.Kind.CHANGED, text);
        }
        if (!noRom) {
            notes.add(
                    nic.path(),
                    Note.Kind.CHANGED,
                    NO_ROM + ", because guests do not boot from the network; add a disk to boot from");
        }
    }

    private void model(Part model, Map<String, Object> card) {
        String text = model.text().orElse("rtl8139, libvirt's default");
        if (List.of("virtio", "virtio-non-transitional", "virtio-transitional").contains(text)) {
            card.put("model", "virtio");
        } else {
            card.put("model", "e1000e");
            if (!text.equals("e1000e")) {
                notes.changed(
                        model,
                        "%s was replaced by e1000e, for which every guest has a driver; no action is needed"
                                .formatted(Notes.quote(text)));
            }
        }
    }
}
