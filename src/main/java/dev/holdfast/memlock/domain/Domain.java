package dev.holdfast.memlock.domain;

import dev.holdfast.memlock.Architecture;
import dev.holdfast.memlock.MemlockInput;
import dev.holdfast.memlock.MemlockInput.Firmware;
import dev.holdfast.memlock.MemlockInput.Platform;
import java.util.Optional;

/**
 * A libvirt domain, as the calculator sees it.
 *
 * @param name  {@code <name>}, empty when it has none
 * @param input with memory as libvirt rounds it before it starts the guest
 */
public record Domain(String name, MemlockInput input) {
    /** The largest document that is read; no domain comes near. */
    public static final int MAX_BYTES = XmlReader.MAX_BYTES;

    /**
     * Reads a domain.
     *
     * @param document  XML, in the encoding that it names
     * @param pageBytes page size of the host
     * @throws IllegalArgumentException with one sentence, when it is no XML, no domain of QEMU, or has a number or a
     *     device that cannot be understood
     */
    public static Domain read(byte[] document, long pageBytes) {
        Xml domain = XmlReader.read(document);
        if (!domain.name().equals("domain")) {
            throw new IllegalArgumentException(
                    "its root element is <%s>, but <domain> is expected; give what virsh dumpxml prints"
                            .formatted(start(domain.name())));
        }
        Platform platform = platform(domain, pageBytes);
        String name = domain.child("name").map(Xml::text).orElse("");
        return new Domain(
                start(name.replaceAll("\\s+", " ")),
                new MemlockInput(
                        platform,
                        DomainMemory.of(domain, platform),
                        firmware(domain, platform.architecture()),
                        DomainDevices.displays(domain, platform.architecture()),
                        DomainDevices.emulated(domain, platform.architecture()),
                        DomainDevices.assigned(domain),
                        DomainDevices.accounting(domain)));
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
