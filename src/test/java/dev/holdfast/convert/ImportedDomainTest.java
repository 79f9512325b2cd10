package dev.holdfast.convert;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.convert.Conversion.Imported;
import dev.holdfast.convert.draft.DeviceClasses;
import dev.holdfast.convert.draft.Note;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the notes about a libvirt domain say. */
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
                .filteredOn(line -> line.contains("address"))
                .singleElement()
                .asString()
                .startsWith("/domain/devices/*/address: not carried over")
                .endsWith("(2 times)");
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
