package dev.holdfast.convert.libvirt;

import dev.holdfast.convert.draft.DeviceClasses;
import dev.holdfast.convert.draft.Draft;
import dev.holdfast.convert.draft.Drafts;
import dev.holdfast.convert.draft.NotConvertibleException;
import dev.holdfast.convert.draft.Note;
import dev.holdfast.convert.draft.Notes;
import dev.holdfast.convert.draft.Values;
import dev.holdfast.convert.tree.Part;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Reader of a libvirt domain, separate or in a snapshot or a status file. */
public final class LibvirtImport {
    private static final int MAX_NAME_LENGTH = 63;

    private LibvirtImport() {}

    /**
     * Converts a document.
     *
     * @throws IllegalArgumentException if it contains no domain; the message is for the user
     */
    public static Drafts of(Part root, DeviceClasses classes) {
        Part domain = domain(root);
        Notes notes = new Notes("");
        try {
            Draft draft = read(root, domain, notes, classes);
            return new Drafts(List.of(draft), notes.grouped(), List.of());
        } catch (NotConvertibleException e) {
            return new Drafts(
                    List.of(),
                    List.of(),
                    List.of("domain "
                            + domain.child("name").peek().map(Notes::quote).orElse("without a name") + ": "
                            + e.text()));
        }
    }

    private static Part domain(Part root) {
        Optional<Part> found = switch (root.name()) {
            case "domain" -> Optional.of(root);
            case "domstatus" -> Optional.of(root.child("domain")).filter(Part::present);
            case "domainsnapshot", "domaincheckpoint" ->
                Stream.of(root.child("domain"), root.child("inactiveDomain"))
                        .filter(Part::present)
                        .filter(part -> part.child("devices").present())
                        .findFirst();
            default -> Optional.empty();
        };
        if (root.name().equals("domains")) {
            throw new IllegalArgumentException(
                    "root element is <domains>, must be <domain>, because import reads one domain from a file; use"
                            + " one file for each domain");
        }
        return found.orElseThrow(() -> new IllegalArgumentException(
                "root element is <%s> without a domain, must be <domain>; use the output of virsh dumpxml"
                        .formatted(Notes.plain(root.name()))));
    }

    private static Draft read(Part root, Part domain, Notes notes, DeviceClasses classes)
            throws NotConvertibleException {
        Draft draft = new Draft();
        checkSupported(domain, notes);
        name(domain.child("name"), draft, notes);
        draft.put("spec.runStrategy", "RerunOnFailure");
        new MemoryReader(domain, draft, notes).read();
        new CpuReader(domain, draft, notes).read();
        new OsReader(domain.child("os"), draft, notes).read();
        new FeatureReader(domain, draft, notes).read();
        new LifeReader(domain, draft, notes).read();
        Part devices = domain.child("devices");
        new HostdevReader(domain, draft, notes, classes).read();
        new DeviceReader(devices, draft, notes).read();
        new DiskReader(domain, draft, notes).read();
        new InterfaceReader(devices, draft, notes).read();
        Reasons.report(root, notes);
        addresses(devices, notes);
        return draft;
    }

    private static void checkSupported(Part domain, Notes notes) throws NotConvertibleException {
        Part type = domain.attribute("type");
        if (type.is("qemu")) {
            notes.changed(
                    type, "without KVM, VMs run only if the operator has --allow-emulation; with KVM the VM is faster");
        } else if (!type.is("kvm")) {
            throw new NotConvertibleException("%s is %s, must be kvm or qemu; only domains of QEMU can be imported"
                    .formatted(type.path(), Notes.quote(type.peek().orElse(""))));
        }
        Part arch = domain.at("os", "type").attribute("arch");
        if (arch.present() && !arch.is("x86_64")) {
            throw new NotConvertibleException("%s is %s, must be x86_64; no other architecture is supported"
                    .formatted(arch.path(), Notes.quote(arch.peek().orElse(""))));
        }
        Part security = domain.child("launchSecurity");
        if (security.present()) {
            throw new NotConvertibleException(
                    "%s: confidential guests are not supported; keep the domain on libvirt, or remove the element if it is not required"
                            .formatted(security.path()));
        }
    }

    private static void name(Part part, Draft draft, Notes notes) {
        String given = part.text().orElse("");
        String name = Values.name(given, MAX_NAME_LENGTH, "imported");
        if (!name.equals(given)) {
            notes.changed(
                    part,
                    "%s was replaced by %s, because the name must be at most 63 lower-case letters, digits and dashes; choose another name if needed"
                            .formatted(Notes.quote(given), name));
        }
        draft.put("metadata.name", name);
    }

    /** Reports elements that libvirt adds to every device of a domain, in one note for each kind. */
    private static void addresses(Part devices, Notes notes) {
        for (String common : Reasons.COMMON) {
            List<Part> found = devices.items().stream()
                    .filter(device -> !device.isDone())
                    .flatMap(Part::inside)
                    .filter(part -> part.name().equals(common) && !part.isRead())
                    .map(Part::done)
                    .toList();
            if (!found.isEmpty()) {
                notes.add(
                        devices.path() + "/*/" + common,
                        Note.Kind.NOT_CARRIED_OVER,
                        "names and guest addresses of devices are assigned automatically; no action is needed (%d times)"
                                .formatted(found.size()));
            }
        }
    }
}
