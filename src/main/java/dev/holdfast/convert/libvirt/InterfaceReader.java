package dev.holdfast.convert.libvirt;

import dev.holdfast.convert.draft.Draft;
import dev.holdfast.convert.draft.Note;
import dev.holdfast.convert.draft.Notes;
import dev.holdfast.convert.draft.Values;
import dev.holdfast.convert.tree.Part;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The first emulated network card, on the pod's network; the others are reported. */
final class InterfaceReader {
    private static final Set<String> OF_A_HOST = Set.of(
            "network", "bridge", "user", "ethernet", "direct", "internal", "server", "client", "mcast", "udp", "null");
    private static final String ROM = "its option ROM, 256 KiB of the limit, is not there";

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
            if (!OF_A_HOST.contains(type)) {
                notes.notCarriedOver(
                        nic,
                        "such network cards are not supported, so the limit differs: %s, nor, for one by vDPA, a map of the guest's memory; pass a virtual function through"
                                .formatted(ROM));
            } else if (draft.size("spec.networks") > 0) {
                notes.notCarriedOver(
                        nic,
                        "a PassthroughVM has at most one emulated network card, and %s; pass a virtual function through for another"
                                .formatted(ROM));
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
                        "the address of one card, such as 02:00:00:12:34:56")
                .ifPresent(mac -> card.put("macAddress", mac));
        nic.child("link").attribute("state").is("up");
        boolean noRom = nic.child("rom").attribute("enabled").is("no")
                | nic.child("rom").attribute("bar").is("off");
        draft.add("spec.devices.interfaces", card);
        draft.add("spec.networks", Draft.entry("name", "default", "pod", Map.of()));
        String text =
                "the guest is behind the pod's address now, and its ports are closed; list those that are to be reached in interfaces[0].ports";
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
                    ROM + ", as guests do not start from the network; give a disk to start from");
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
                        "%s is now e1000e, a network card with a driver in every guest; nothing to do"
                                .formatted(Notes.quote(text)));
            }
        }
    }
}
