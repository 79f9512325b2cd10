package dev.holdfast.convert.kubevirt;

import dev.holdfast.convert.draft.DeviceClasses;
import dev.holdfast.convert.draft.Draft;
import dev.holdfast.convert.draft.NotConvertibleException;
import dev.holdfast.convert.draft.Notes;
import dev.holdfast.convert.draft.Passthrough;
import dev.holdfast.convert.tree.Part;

/** Reader of the spec of a VirtualMachineInstance, which templates of the other kinds contain. */
final class InstanceReader {
    private final Part spec;
    private final Part domain;
    private final Draft draft;
    private final Notes notes;
    private final DeviceClasses classes;
    private final DeviceIds ids;

    InstanceReader(Part spec, Draft draft, Notes notes, DeviceClasses classes, DeviceIds ids) {
        this.spec = spec;
        this.domain = spec.field("domain");
        this.draft = draft;
        this.notes = notes;
        this.classes = classes;
        this.ids = ids;
    }

    void read() throws NotConvertibleException {
        checkSupported();
        new MemoryReader(domain, draft, notes).read();
        new CpuReader(domain, draft, notes).read();
        new FirmwareReader(domain, draft, notes).read();
        new FeatureReader(domain, draft, notes).read();
        new ClockReader(domain.field("clock"), draft, notes).read();
        ClaimReader claims = new ClaimReader(spec.field("resourceClaims"), draft, notes);
        new DeviceReader(domain.field("devices"), draft, notes, new Passthrough(draft, notes, classes), ids, claims)
                .read();
        claims.write();
        new DiskReader(spec, draft, notes).read();
        new NetworkReader(spec, draft, notes).read();
        new PodReader(spec, draft, notes).read();
    }

    private void checkSupported() throws NotConvertibleException {
        Part architecture = spec.field("architecture");
        if (architecture.present() && !architecture.is("amd64")) {
            throw new NotConvertibleException("%s is %s, must be amd64; only x86-64 machines are supported"
                    .formatted(
                            architecture.path(), Notes.quote(architecture.peek().orElse("another"))));
        }
        Part security = domain.field("launchSecurity");
        if (security.present()) {
            throw new NotConvertibleException(
                    "%s: confidential guests are not supported; run the VM with KubeVirt, or remove the field if it is not required"
                            .formatted(security.path()));
        }
        Part devices = domain.field("devices");
        if (devices.field("gpus").items().isEmpty()
                && devices.field("hostDevices").items().isEmpty()) {
            throw new NotConvertibleException(
                    "%s has neither gpus nor hostDevices, but a PassthroughVM must pass at least one device through; run the VM with KubeVirt, or add the device to the input"
                            .formatted(devices.path()));
        }
    }
}
