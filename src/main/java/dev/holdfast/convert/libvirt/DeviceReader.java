package dev.holdfast.convert.libvirt;

import dev.holdfast.convert.draft.Draft;
import dev.holdfast.convert.draft.Notes;
import dev.holdfast.convert.draft.Values;
import dev.holdfast.convert.tree.Part;
import java.util.List;
import java.util.Map;

/** Reader of emulated devices other than disks and network interfaces. */
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
                        "use intel or virtio, which increases the limit for each device")
                .ifPresent(model -> draft.put("spec.devices.iommu.model", model));
        Part driver = iommu.child("driver");
        // Holdfast sets these properties for devices that are passed through.
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

    /**
     * Reads serial ports and consoles: the first serial port is the pod's terminal, and a console on it is the same
     * device.
     */
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

    /** Reads the target, which must be the first ISA serial port. */
    private static void target(Part target) {
        target.attribute("type").is("isa-serial");
        target.attribute("port").is("0");
        target.child("model").attribute("name").is("isa-serial");
    }
}
