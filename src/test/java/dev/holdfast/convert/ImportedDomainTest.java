package dev.holdfast.convert;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.convert.Conversion.Imported;
import dev.holdfast.convert.Conversion.Unusable;
import dev.holdfast.convert.draft.DeviceClasses;
import dev.holdfast.convert.draft.Note;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests the notes about a libvirt domain. */
class ImportedDomainTest {
    private static final String GPU = """
            <hostdev mode='subsystem' type='pci' managed='no'><driver name='vfio'/>
              <source><address domain='0x0000' bus='0x01' slot='0x00' function='0x0'/></source>
              <alias name='hostdev0'/><address type='pci' domain='0x0000' bus='0x05' slot='0x00' function='0x0'/>
            </hostdev>
            """;

    @Test
    void reportsTheGuestAddressesOfAllDevicesInOneLine() {
        assertThat(notes(imported(GPU + "<rng model='virtio'><address type='pci' bus='0x06'/></rng>")))
                .filteredOn(line -> line.contains("address:") || line.contains("address@"))
                .singleElement()
                .asString()
                .startsWith("/domain/devices/*/address: not carried over")
                .endsWith("(2 times)");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<hostdev mode='subsystem' type='pci'/>",
                "<hostdev mode='subsystem' type='pci'><source/></hostdev>",
                "<hostdev mode='subsystem' type='pci'><source><address function='1'/></source></hostdev>",
                "<hostdev mode='subsystem' type='pci'><source><address bus='' slot='1'/></source></hostdev>",
                "<interface type='hostdev'/>",
                "<interface type='hostdev'><source network='vfs'/></interface>"
            })
    void omitsDevicesWithoutAnAddress(String device) {
        Imported imported = imported(GPU + device);

        assertThat(notes(imported))
                .anySatisfy(line -> assertThat(line)
                        .contains(": not carried over: the PCI address in <source> is missing or invalid"));
        assertThat(imported.documents()).singleElement().asString().doesNotContain("pci-0000-00-00", "nic0");
    }

    @Test
    void requestsTheAddressOfTheOnlyDevice() {
        assertThat(refusal(domain("<hostdev mode='subsystem' type='pci'/>")))
                .contains("has no PCI device to pass through")
                .endsWith("or add a <hostdev> whose <source> has the address that `lspci -D` shows");
    }

    @Test
    void readsArgumentsUnderAnyPrefixOfTheirNamespace() {
        String domain = domain(GPU)
                .replace(
                        "</domain>",
                        "<q:commandline xmlns:q='http://libvirt.org/schemas/domain/qemu/1.0'><q:arg value='-device'/>"
                                + "<q:arg value='vfio-pci,host=41:00.0'/></q:commandline></domain>");

        assertThat(((Imported) convert(domain)).documents())
                .singleElement()
                .asString()
                .contains("pci-0000-41-00-0");
    }

    @Test
    void reportsTheMissingNamespace() {
        String domain = domain(GPU)
                .replaceFirst(" xmlns:qemu='[^']*'", "")
                .replace("</domain>", "<qemu:commandline/></domain>");

        assertThat(refusal(domain))
                .contains("line ")
                .endsWith("add xmlns:qemu=\"http://libvirt.org/schemas/domain/qemu/1.0\" to <domain>")
                .doesNotContain("REC-xml-names");
        assertThat(refusal(domain(GPU).replace("<alias name", "<alias x:name")))
                .contains("the prefix x is not declared");
    }

    @Test
    void reportsTheDefaultsOfDisksOnce() {
        String disk =
                "<disk type='file'><driver name='qemu' %s/><source file='/%s.img'/><target dev='%2$s' bus='virtio'/></disk>";

        assertThat(notes(imported(GPU
                        + disk.formatted("", "vda")
                        + disk.formatted("cache='default'", "vdb")
                        + disk.formatted("cache='none'", "vdc")
                        + disk.formatted("cache='none' discard='ignore'", "vdd"))))
                .filteredOn(line -> line.contains("default differs") && line.contains("/disk"))
                .containsExactly(
                        "/domain/devices/disk: default differs: libvirt's defaults are cache writeback and discard"
                                + " ignore, Holdfast's are none and unmap, for vda, vdb; set both to keep libvirt's",
                        "/domain/devices/disk: default differs: libvirt's default is discard ignore, Holdfast's is"
                                + " unmap, for vdc; set discard to keep libvirt's");
    }

    @Test
    void reportsTheRomOfAnOmittedInterface() {
        assertThat(notes(imported(GPU + "<interface type='vhostuser'><model type='virtio'/></interface>")))
                .anySatisfy(line ->
                        assertThat(line).contains("/interface: not carried over", "the limit is 256 KiB lower"));
    }

    @Test
    void readsOneDomainFromAFile() {
        assertThat(refusal("<domains>" + domain(GPU) + "</domains>"))
                .contains("<domains>", "one domain from a file; use one file for each domain");
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-16", "UTF-16LE", "UTF-16BE", "ISO-8859-1"})
    void requiresUtf8(String encoding) {
        byte[] yaml = "# für die GPU\napiVersion: kubevirt.io/v1\n".getBytes(Charset.forName(encoding));

        assertThat(Conversion.of(yaml, new DeviceClasses(List.of())))
                .isEqualTo(new Unusable(List.of(Conversion.OTHER_ENCODING)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-16", "UTF-16LE", "UTF-16BE", "UTF-8"})
    void readsXmlInItsEncoding(String encoding) {
        byte[] xml =
                ("<?xml version='1.0' encoding='" + encoding + "'?>" + domain(GPU)).getBytes(Charset.forName(encoding));

        assertThat(Conversion.of(xml, new DeviceClasses(List.of()))).isInstanceOf(Imported.class);
    }

    private static String refusal(String input) {
        Conversion conversion = convert(input);
        assertThat(conversion).isInstanceOf(Unusable.class);
        return String.join("\n", ((Unusable) conversion).messages());
    }

    private static Imported imported(String devices) {
        Conversion conversion = convert(domain(devices));
        assertThat(conversion).isInstanceOf(Imported.class);
        return (Imported) conversion;
    }

    private static List<String> notes(Imported imported) {
        return imported.notes().stream().map(Note::line).toList();
    }

    private static String domain(String devices) {
        return """
                <domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><name>a</name>
                <memory unit='GiB'>1</memory><os><type arch='x86_64' machine='q35'>hvm</type></os><devices>
                """ + devices + "</devices></domain>";
    }

    private static Conversion convert(String input) {
        return Conversion.of(input.getBytes(StandardCharsets.UTF_8), new DeviceClasses(List.of()));
    }
}
