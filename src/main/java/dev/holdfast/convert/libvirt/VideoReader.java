package dev.holdfast.convert.libvirt;

import dev.holdfast.convert.draft.Bytes;
import dev.holdfast.convert.draft.Draft;
import dev.holdfast.convert.draft.Notes;
import dev.holdfast.convert.tree.Part;
import java.util.List;
import java.util.Set;

/** The emulated display: one of those that there are, of the size that QEMU would make of it. */
final class VideoReader {
    private static final Set<String> SAME = Set.of("vga", "virtio", "bochs", "ramfb");
    private static final int MOST_KIB = 256 << 10;

    private final List<Part> videos;
    private final Draft draft;
    private final Notes notes;

    VideoReader(List<Part> videos, Draft draft, Notes notes) {
        this.videos = videos;
        this.draft = draft;
        this.notes = notes;
    }

    void read() {
        for (Part video : videos) {
            if (draft.has("spec.devices.video")) {
                notes.notCarriedOver(
                        video,
                        "a PassthroughVM has one emulated display, so the limit lacks what this one has; do without");
            } else {
                video(video.child("model"));
            }
        }
    }

    private void video(Part model) {
        Part type = model.attribute("type");
        String text = type.text().orElse("");
        if (text.equals("none")) {
            return;
        }
        model.attribute("heads").is("1");
        model.attribute("primary").done();
        if (SAME.contains(text)) {
            draft.put("spec.devices.video.type", text);
            if (text.equals("vga") || text.equals("bochs")) {
                memory(model.attribute("vram"), text.equals("vga") ? 1 << 10 : 4 << 10);
            }
            return;
        }
        draft.put("spec.devices.video.type", "vga");
        notes.changed(
                type,
                "%s is now vga, of 16 MiB, which every guest can show, so the limit differs by the display's memory; nothing to do"
                        .formatted(Notes.quote(text)));
        for (String memory : List.of("ram", "vram", "vram64", "vgamem")) {
            model.attribute(memory).done();
        }
    }

    /** libvirt counts in KiB; QEMU rounds up to a power of two. */
    private void memory(Part vram, int leastKib) {
        String text = vram.text().orElse("0");
        if (!text.matches("[0-9]{1,9}") || Integer.parseInt(text) > MOST_KIB) {
            notes.notCarriedOver(
                    vram, "%s KiB must be at most 262144; set video.memory by hand".formatted(Notes.quote(text)));
            return;
        }
        int kib = Integer.parseInt(text);
        if (kib > 0) {
            int high = Integer.highestOneBit(kib);
            int rounded = Math.max(leastKib, high == kib ? kib : high * 2);
            // What QEMU takes by itself need not be said.
            if (rounded != 16 << 10) {
                draft.put("spec.devices.video.memory", Bytes.quantity((long) rounded << 10));
            }
        }
    }
}
