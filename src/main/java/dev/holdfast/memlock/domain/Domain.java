package dev.holdfast.memlock.domain;

import dev.holdfast.memlock.Architecture;
import dev.holdfast.memlock.Libvirt;
import dev.holdfast.memlock.MemlockInput;
import dev.holdfast.memlock.MemlockInput.Firmware;
import dev.holdfast.memlock.MemlockInput.Platform;
import dev.holdfast.memlock.MemlockPlan;
import dev.holdfast.memlock.Policy;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A libvirt domain, as the calculator sees it.
 *
 * @param name         {@code <name>}, printable and at most 80 characters; empty when it has none
 * @param input        the machine that QEMU makes of it, with memory as libvirt rounds it before the start
 * @param libvirtInput the machine as libvirt counts it: without what stands in {@code <qemu:commandline>}, and with
 *                     unassigned host devices
 * @param notes        what the file says, or leaves open, that may change the sum and is not in it; one message each
 */
public record Domain(String name, MemlockInput input, MemlockInput libvirtInput, List<String> notes) {
    /** The largest document that is read; no domain comes near. */
    public static final int MAX_BYTES = XmlReader.MAX_BYTES;

    public Domain {
        notes = List.copyOf(notes);
    }

    /**
     * Reads a file with one domain.
     *
     * @param document  XML, in the encoding that it names
     * @param pageBytes page size of the host
     * @throws IllegalArgumentException with one message, when it is not XML, not a domain of QEMU, has several domains,
     *     or has a number or a device that is invalid
     */
    public static Domain read(byte[] document, long pageBytes) {
        List<Domain> domains = readAll(document, pageBytes);
        if (domains.size() > 1) {
            throw new IllegalArgumentException(
                    "it has %d domains, must have one; give one file for each".formatted(domains.size()));
        }
        return domains.getFirst();
    }

    /**
     * Reads a file with one or more domains, one after the other or in one root element.
     *
     * @return at least one, in the order of the file
     * @throws IllegalArgumentException as {@link #read}
     */
    public static List<Domain> readAll(byte[] document, long pageBytes) {
        return List.of(of(XmlReader.read(document), pageBytes));
    }

    /**
     * Computes the limit.
     *
     * @param fixedBytes the number for the policy Fixed, else null
     * @throws IllegalArgumentException as {@link Policy#plan}
     */
    public MemlockPlan plan(Policy policy, @Nullable Long fixedBytes) {
        return policy == Policy.LIBVIRT && fixedBytes == null
                ? Libvirt.plan(input, libvirtInput)
                : policy.plan(input, fixedBytes);
    }

    private static Domain of(Xml domain, long pageBytes) {
        if (!domain.name().equals("domain")) {
            throw new IllegalArgumentException(
                    "its root element is <%s>, but <domain> is expected; give what virsh dumpxml prints"
                            .formatted(start(domain.name())));
        }
        Platform platform = platform(domain, pageBytes);
        String name = domain.child("name").map(Xml::text).orElse("");
        MemlockInput input = new MemlockInput(
                platform,
                DomainMemory.of(domain, platform),
                firmware(domain, platform.architecture()),
                DomainDevices.displays(domain, platform.architecture()),
                DomainDevices.emulated(domain, platform.architecture()),
                DomainDevices.assigned(domain),
                DomainDevices.accounting(domain));
        return new Domain(start(name.replaceAll("\\s+", " ")), input, input, List.of());
    }

    private static Platform platform(Xml domain, long pageBytes) {
        String type = domain.attribute("type").orElse("");
        if (!type.equals("kvm") && !type.equals("qemu")) {
            throw new IllegalArgumentException(
                    "the domain is of type \"%s\", but kvm or qemu is expected; only QEMU's domains have this limit"
                            .formatted(start(type)));
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
                        "the domain's arch is \"%s\", but x86_64, aarch64, s390x, riscv64 or ppc64le is expected"
                                .formatted(start(arch)));
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

    static String start(String text) {
        return text.length() > 80 ? text.substring(0, 80) + "…" : text;
    }
}
