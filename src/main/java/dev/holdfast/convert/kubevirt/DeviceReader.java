package dev.holdfast.convert.kubevirt;

import dev.holdfast.convert.draft.Draft;
import dev.holdfast.convert.draft.NotConvertibleException;
import dev.holdfast.convert.draft.Notes;
import dev.holdfast.convert.draft.Passthrough;
import dev.holdfast.convert.draft.Passthrough.Group;
import dev.holdfast.convert.draft.Values;
import dev.holdfast.convert.tree.Part;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reader of devices that are passed through, and of emulated devices other than disks and network interfaces. */
final class DeviceReader {
    private static final Map<String, String> ACTIONS =
            Map.of("reset", "reset", "poweroff", "poweroff", "shutdown", "shutdown");
    private static final Map<String, String> VIDEO =
            Map.of("vga", "vga", "virtio", "virtio", "bochs", "bochs", "ramfb", "ramfb", "none", "none");

    private final Part devices;
    private final Draft draft;
    private final Notes notes;
    private final Values values;
    private final Passthrough passthrough;
    private final DeviceIds ids;
    private final ClaimReader claims;

    DeviceReader(Part devices, Draft draft, Notes notes, Passthrough passthrough, DeviceIds ids, ClaimReader claims) {
        this.devices = devices;
        this.draft = draft;
        this.notes = notes;
        this.values = new Values(notes);
        this.passthrough = passthrough;
        this.ids = ids;
        this.claims = claims;
    }

    void read() throws NotConvertibleException {
        devices.field("gpus").items().forEach(gpu -> device(gpu, Group.GPUS));
        devices.field("hostDevices").items().forEach(device -> device(device, Group.HOST_DEVICES));
        if (passthrough.count() == 0) {
            throw new NotConvertibleException(
                    "%s: no entry of gpus and hostDevices has a deviceName, or a claimName of resourceClaims, but a PassthroughVM must pass at least one device through; set the deviceName of a device class in each"
                            .formatted(devices.path()));
        }
        if (devices.field("rng").given()) {
            draft.put("spec.devices.rng", Map.of());
        }
        watchdog(devices.field("watchdog"));
        video();
        devices.field("autoattachMemBalloon").is("false");
        devices.field("autoattachSerialConsole").is("true");
        devices.field("autoattachInputDevice").is("false");
        devices.field("autoattachVSOCK").is("false");
        devices.field("disableHotplug").is("true");
    }

    private void device(Part device, Group group) {
        Part name = device.field("deviceName");
        Optional<String> deviceName = name.text().filter(text -> !text.isBlank());
        Part own = device.field("name");
        String preferred = own.text().orElse(device.name().equals("gpus") ? "gpu" : "device");
        if (deviceName.isPresent()) {
            List<String> keys = ids.keys(Notes.plain(deviceName.get()));
            named(own, preferred, passthrough.add(name, group, preferred, keys, Map.of()));
        } else if (device.field("claimName").present()) {
            claims.source(device)
                    .ifPresent(source -> passthrough
                            .add(device, group, preferred, source)
                            .ifPresent(given -> {
                                claims.use(source);
                                named(own, preferred, Optional.of(given));
                            }));
        } else {
            notes.notCarriedOver(device, "deviceName is missing; set that of a device class");
        }
    }

    private void named(Part own, String preferred, Optional<String> name) {
        name.filter(given -> own.present() && !given.equals(preferred))
                .ifPresent(given -> notes.changed(
                        own,
                        "%s was replaced by %s, because names must be unique and consist of lower-case letters, digits and dashes; no action is needed"
                                .formatted(Notes.quote(preferred), given)));
    }

    private void watchdog(Part watchdog) {
        if (!watchdog.field("i6300esb").given()) {
            return;
        }
        watchdog.field("name").text();
        draft.put("spec.devices.watchdog.i6300esb", Map.of());
        values.choice(watchdog.field("i6300esb").field("action"), ACTIONS, "use reset, poweroff or shutdown")
                .ifPresent(action -> draft.put("spec.devices.watchdog.i6300esb.action", action));
    }

    private void video() {
        Part graphics = devices.field("autoattachGraphicsDevice");
        Part type = devices.field("video").field("type");
        boolean off = values.bool(graphics).filter(on -> !on).isPresent();
        if (type.present()) {
            values.choice(type, VIDEO, "use vga, virtio, bochs or ramfb")
                    .ifPresent(video -> draft.put("spec.devices.video.type", video));
        } else if (!off) {
            notes.differs(
                    graphics.path(),
                    "KubeVirt adds an emulated display for VNC, Holdfast adds neither; set devices.video if the guest"
                            + " needs a display besides its GPU");
        }
    }
}
