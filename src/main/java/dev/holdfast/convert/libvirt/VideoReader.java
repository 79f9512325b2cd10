package dev.holdfast.convert.libvirt;

import dev.holdfast.convert.draft.Bytes;
import dev.holdfast.convert.draft.Draft;
import dev.holdfast.convert.draft.Notes;
import dev.holdfast.convert.tree.Part;
import java.util.List;
import java.util.Set;

/** Reader of the emulated display: one of the supported types, with its memory as QEMU rounds it. */
final class VideoReader {
    private static final Set<String> SAME = Set.of("vga", "virtio", "bochs", "ramfb");
    private static final int MAX_KIB = 256 << 10;

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
                        "a PassthroughVM can have one emulated display, so the limit does not include the memory of"
                                + " this one; there is no replacement");
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
                "%s was replaced by vga with 16 MiB, which every guest supports, so the limit differs by the display's memory; no action is needed"
                        .formatted(Notes.quote(text)));
        for (String memory : List.of("ram", "vram", "vram64", "vgamem")) {
            model.attribute(memory).done();
        }
    }

    /** Reads the memory, in KiB as in libvirt; QEMU rounds it up to a power of two. */
    private void memory(Part vram, int minKib) {
        String text = vram.text().orElse("0");
        if (!text.matches("[0-9]{1,9}") || Integer.parseInt(text) > MAX_KIB) {
            notes.notCarriedOver(
                    vram,
                    "video memory is %s KiB, must be at most 262144; set video.memory manually"
                            .formatted(Notes.quote(text)));
            return;
        }
        int kib = Integer.parseInt(text);
        if (kib > 0) {
            int high = Integer.highestOneBit(kib);
            int rounded = Math.max(minKib, high == kib ? kib : high * 2);
            // QEMU's default is not written.
            if (rounded != 16 << 10) {
                draft.put("spec.devices.video.memory", Bytes.quantity((long) rounded << 10));
            }
        }
    }
}
