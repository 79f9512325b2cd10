package dev.holdfast.convert.libvirt;

import dev.holdfast.convert.draft.Draft;
import dev.holdfast.convert.draft.Notes;
import dev.holdfast.convert.draft.Values;
import dev.holdfast.convert.tree.Part;
import java.util.List;
import java.util.Map;

/** The emulated devices besides disks and network cards. */
final class DeviceReader {
    private static final Map<String, String> IOMMUS = Map.of("intel", "intel", "virtio", "virtio");
    private static final Map<String, String> ACTIONS =
            Map.of("reset", "reset", "poweroff", "poweroff", "shutdown", "shutdown");

    private final Part devices;
    private final Draft draft;
    private final Notes notes;
    private final Values values;

    DeviceReader(Part devices, Draft draft, Notes notes) {
        this.devices = devices;
        this.draft = draft;
        this.notes = notes;
        this.values = new Values(notes);
    }

    void read() {
        iommu(devices.child("iommu"));
        new VideoReader(devices.children("video"), draft, notes).read();
        rng(devices.child("rng"));
        watchdog(devices.children("watchdog"));
        serial();
        devices.child("memballoon").attribute("model").is("none");
        devices.child("panic").attribute("model").is("isa");
    }

    private void iommu(Part iommu) {
        values.choice(
                        iommu.attribute("model"),
                        IOMMUS,
                        "use intel or virtio, and mind that the limit grows with each device")
                .ifPresent(model -> draft.put("spec.devices.iommu.model", model));
        Part driver = iommu.child("driver");
        // As it is set here, where devices are passed through behind it.
        for (String on : List.of("intremap", "caching_mode", "eim")) {
            driver.attribute(on).is("on");
        }
    }

    private void rng(Part rng) {
        if (!rng.given()) {
            return;
        }
        draft.put("spec.devices.rng", Map.of());
        rng.attribute("model").is("virtio");
        Part backend = rng.child("backend");
        backend.attribute("model").is("random");
        if (!backend.is("/dev/urandom")) {
            backend.is("/dev/random");
        }
    }

    private void watchdog(List<Part> watchdogs) {
        for (Part watchdog : watchdogs) {
            if (watchdog.attribute("model").is("i6300esb") && !draft.has("spec.devices.watchdog")) {
                draft.put("spec.devices.watchdog.i6300esb", Map.of());
                values.choice(watchdog.attribute("action"), ACTIONS, "use reset, poweroff or shutdown")
                        .ifPresent(action -> draft.put("spec.devices.watchdog.i6300esb.action", action));
            }
        }
    }

    /** The first serial port is the pod's terminal; a console on it is the same. */
    private void serial() {
        Part serial = devices.child("serial");
        if (serial.attribute("type").is("pty")) {
            target(serial.child("target"));
        }
        for (Part console : devices.children("console")) {
            Part target = console.child("target").attribute("type");
            if (target.is("serial") || !target.present()) {
                console.attribute("type").is("pty");
                target(console.child("target"));
            }
        }
    }

    /** The port that there is. */
    private static void target(Part target) {
        target.attribute("type").is("isa-serial");
        target.attribute("port").is("0");
        target.child("model").attribute("name").is("isa-serial");
    }
}
