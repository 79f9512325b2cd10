package dev.holdfast.memlock.libvirt;

import dev.holdfast.memlock.Architecture;
import dev.holdfast.memlock.LibvirtPolicy;
import dev.holdfast.memlock.MemlockInput;
import dev.holdfast.memlock.MemlockInput.Firmware;
import dev.holdfast.memlock.MemlockInput.Platform;
import dev.holdfast.memlock.MemlockPlan;
import dev.holdfast.memlock.Policy;
import dev.holdfast.text.Quoted;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Libvirt domain as input of the calculator.
 *
 * @param name         {@code <name>}, printable and at most 80 characters; empty if there is none
 * @param input        machine that QEMU creates, with memory as libvirt rounds it at start
 * @param libvirtInput machine that libvirt counts: without {@code <qemu:commandline>}, and with unassigned host devices
 * @param notes        messages about settings that can change the limit and are not counted: in the file, or not
 *                 determined by it
 */
public record Domain(String name, MemlockInput input, MemlockInput libvirtInput, List<String> notes) {
    /** Maximum size of a document in bytes; domains are far smaller. */
    public static final int MAX_BYTES = UntrustedXml.MAX_BYTES;

    private static final int MAX_NOTES = 50;

    public Domain {
        notes = List.copyOf(notes);
    }

    /**
     * Reads a file with one or more domains, concatenated or in one root element.
     *
     * @param document  XML, in the encoding that it declares
     * @param pageBytes page size of the host
     * @return at least one domain, in the order of the file
     * @throws IllegalArgumentException if it is not XML, has something else than domains of QEMU, or has an invalid number
     *                 or device; the message is for the user
     */
    public static List<Domain> readAll(byte[] document, long pageBytes) {
        List<Xml> roots = XmlReader.readAll(document).stream()
                .flatMap(root -> isCollection(root) ? root.children().stream() : Stream.of(root))
                .toList();
        if (roots.size() == 1) {
            return List.of(of(roots.getFirst(), pageBytes));
        }
        List<Domain> domains = new ArrayList<>();
        for (Xml root : roots) {
            try {
                domains.add(of(root, pageBytes));
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(
                        "domain %d of %d: %s".formatted(domains.size() + 1, roots.size(), e.getMessage()), e);
            }
        }
        return domains;
    }

    /**
     * Returns the plan of a policy.
     *
     * @param fixedBytes limit for the policy Fixed, otherwise null
     * @throws IllegalArgumentException as {@link Policy#plan}
     */
    public MemlockPlan plan(Policy policy, @Nullable Long fixedBytes) {
        return policy == Policy.LIBVIRT && fixedBytes == null
                ? LibvirtPolicy.plan(input, libvirtInput)
                : policy.plan(input, fixedBytes);
    }

    /** Returns whether the root element, of any name, contains only domains. */
    private static boolean isCollection(Xml root) {
        return !root.name().equals("domain")
                && !root.children().isEmpty()
                && root.children().stream().allMatch(child -> child.name().equals("domain"));
    }

    private static Domain of(Xml domain, long pageBytes) {
        if (!domain.name().equals("domain")) {
            throw new IllegalArgumentException("root element is <%s>, must be <domain>; use the output of virsh dumpxml"
                    .formatted(Quoted.plain(domain.name())));
        }
        Platform platform = platform(domain, pageBytes);
        String name = domain.child("name").map(Xml::text).orElse("");
        MemlockInput input = new MemlockInput(
                platform,
                DomainMemory.of(domain, platform),
                firmware(domain, platform.architecture()),
                DomainDevices.displays(domain, platform.architecture()),
                DomainDevices.emulated(domain, platform.architecture()),
                DomainDevices.present(domain),
                DomainDevices.accounting(domain));
        List<String> notes = DomainNotes.of(domain);
        MemlockInput whole = CommandLine.added(domain, input, notes);
        return new Domain(Quoted.plain(name), whole, input.with(DomainDevices.counted(domain)), bounded(notes));
    }

    private static List<String> bounded(List<String> all) {
        List<String> notes = all.stream().distinct().toList();
        if (notes.size() <= MAX_NOTES) {
            return notes;
        }
        List<String> first = new ArrayList<>(notes.subList(0, MAX_NOTES));
        first.add("%d more of this kind".formatted(notes.size() - MAX_NOTES));
        return first;
    }

    private static Platform platform(Xml domain, long pageBytes) {
        String type = domain.attribute("type").orElse("");
        if (!type.equals("kvm") && !type.equals("qemu")) {
            throw new IllegalArgumentException(
                    "domain type is %s, must be kvm or qemu; only domains of QEMU have this limit"
                            .formatted(Quoted.of(type)));
        }
        String arch =
                domain.at("os", "type").flatMap(os -> os.attribute("arch")).orElse("x86_64");
        Architecture architecture = switch (arch) {
            case "x86_64", "i686" -> Architecture.X86_64;
            case "aarch64" -> Architecture.AARCH64;
            case "s390x" -> Architecture.S390X;
            case "riscv64" -> Architecture.RISCV64;
            case "ppc64", "ppc64le" -> Architecture.PPC64LE;
            default ->
                throw new IllegalArgumentException(
                        "arch of the domain is %s, must be x86_64, aarch64, s390x, riscv64 or ppc64le; others are not supported"
                                .formatted(Quoted.of(arch)));
        };
        return new Platform(architecture, type.equals("kvm"), pageBytes, DomainDevices.hostBridges(domain));
    }

    private static Firmware firmware(Xml domain, Architecture architecture) {
        if (architecture == Architecture.RISCV64) {
            return Firmware.RISCV_VIRT;
        }
        if (architecture != Architecture.X86_64) {
            return Firmware.IN_GUEST_RAM;
        }
        Optional<Xml> os = domain.child("os");
        Optional<Xml> loader = os.flatMap(element -> element.child("loader"));
        boolean efi = os.filter(element -> element.has("firmware", "efi")).isPresent();
        if (efi || loader.filter(element -> element.has("type", "pflash")).isPresent()) {
            return Firmware.FLASH;
        }
        if (loader.filter(element -> !element.text().isEmpty()).isPresent()) {
            return Firmware.ROM_IMAGE;
        }
        boolean microvm = os.flatMap(element -> element.child("type"))
                .flatMap(element -> element.attribute("machine"))
                .filter(machine -> machine.equals("microvm"))
                .isPresent();
        return microvm ? Firmware.MICROVM : Firmware.SEABIOS;
    }
}
