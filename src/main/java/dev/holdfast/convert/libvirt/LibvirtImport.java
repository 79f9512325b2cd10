package dev.holdfast.convert.libvirt;

import dev.holdfast.convert.draft.DeviceClasses;
import dev.holdfast.convert.draft.Draft;
import dev.holdfast.convert.draft.Drafts;
import dev.holdfast.convert.draft.Note;
import dev.holdfast.convert.draft.Notes;
import dev.holdfast.convert.draft.Refusal;
import dev.holdfast.convert.draft.Values;
import dev.holdfast.convert.tree.Part;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** A libvirt domain, by itself or inside a snapshot or a status file. */
public final class LibvirtImport {
    private static final int LONGEST_NAME = 63;

    private LibvirtImport() {}

    /**
     * Reads a document.
     *
     * @throws IllegalArgumentException with a message for the user when there is no domain in it
     */
    public static Drafts of(Part root, DeviceClasses classes) {
        Part domain = domain(root);
        Notes notes = new Notes("");
        try {
            Draft draft = read(root, domain, notes, classes);
            return new Drafts(List.of(draft), notes.grouped(), List.of());
        } catch (Refusal e) {
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
                    "its root element is <domains>, but must be <domain>, as import takes one domain a file; give each domain a file of its own");
        }
        return found.orElseThrow(() -> new IllegalArgumentException(
                "its root element is <%s> without a domain in it, but must be <domain>; give what virsh dumpxml prints"
                        .formatted(Notes.plain(root.name()))));
    }

    private static Draft read(Part root, Part domain, Notes notes, DeviceClasses classes) throws Refusal {
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

    private static void checkSupported(Part domain, Notes notes) throws Refusal {
        Part type = domain.attribute("type");
        if (type.is("qemu")) {
            notes.changed(
                    type,
                    "without KVM machines run only where the operator has --allow-emulation; with KVM the VM is faster");
        } else if (!type.is("kvm")) {
            throw new Refusal("%s is %s, but must be kvm or qemu; only machines of QEMU can be imported"
                    .formatted(type.path(), Notes.quote(type.peek().orElse(""))));
        }
        Part arch = domain.at("os", "type").attribute("arch");
        if (arch.present() && !arch.is("x86_64")) {
            throw new Refusal("%s is %s, but must be x86_64; only such machines are supported"
                    .formatted(arch.path(), Notes.quote(arch.peek().orElse(""))));
        }
        Part security = domain.child("launchSecurity");
        if (security.present()) {
            throw new Refusal(
                    "%s: confidential guests are not supported; leave the domain where it is, or remove the element if it may do without"
                            .formatted(security.path()));
        }
    }

    private static void name(Part part, Draft draft, Notes notes) {
        String given = part.text().orElse("");
        String name = Values.name(given, LONGEST_NAME, "imported");
        if (!name.equals(given)) {
            notes.changed(
                    part,
                    "%s is now %s, since the name must be at most 63 lower-case letters, digits and dashes; rename it as you like"
                            .formatted(Notes.quote(given), name));
        }
        draft.put("metadata.name", name);
    }

    /** What libvirt adds to every device of a domain, in one note each. */
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
                        "devices get their names and guest addresses by themselves; nothing to do (%d times)"
                                .formatted(found.size()));
            }
        }
    }
}
