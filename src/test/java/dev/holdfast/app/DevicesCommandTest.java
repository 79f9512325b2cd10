package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.host.FakeSysfs;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class DevicesCommandTest {
    @TempDir
    Path directory;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void tellsAPersonWhatIsThereAndWhatToDo() {
        fillSysfs();

        assertThat(run("--sysfs", directory.toString())).isZero();

        assertThat(out.toString()).isEqualTo("""
                IOMMU  on
                VFIO   vfio-pci is loaded
                KVM    found no usable /dev/kvm; turn virtualization on in the machine's firmware (VT-x, AMD-V) and load kvm_intel or kvm_amd

                GROUP  FUNCTION      ID         CLASS  DRIVER         GUEST
                7      0000:03:00.0  10de:20f1  3D     vfio-pci       gets it
                7      0000:03:00.1  10de:1aef  audio  -              does not get it
                8      0000:04:00.0  1002:5046  VGA    vfio-pci       not yet, see below
                8      0000:04:00.1  8086:2668  audio  snd_hda_intel  blocked by this driver

                0000:04:00.0 shares IOMMU group 8 with 0000:04:00.1, which is bound to snd_hda_intel; bind 0000:04:00.1 to vfio-pci or leave it without a driver, then it can be passed through
                """);
    }

    @Test
    void tellsAProgramTheSame() throws IOException {
        fillSysfs();

        assertThat(run("--sysfs", directory.toString(), "-o", "json")).isZero();

        JsonNode json = new ObjectMapper().readTree(out.toString());
        assertThat(json.get("iommu").asBoolean()).isTrue();
        assertThat(json.get("vfio").asBoolean()).isTrue();
        assertThat(json.get("kvm").asBoolean()).isFalse();
        assertThat(json.get("advice")).hasSize(1);
        assertThat(json.get("groups")).hasSize(2);
        JsonNode blocked = json.get("groups").get(1);
        assertThat(blocked.get("id").asText()).isEqualTo("0000:04:00.0");
        assertThat(blocked.get("iommuGroup").asInt()).isEqualTo(8);
        assertThat(blocked.get("viable").asBoolean()).isFalse();
        assertThat(blocked.get("functions").get(1).get("blocks").asBoolean()).isTrue();
        assertThat(blocked.get("functions").get(1).get("driver").asText()).isEqualTo("snd_hda_intel");
    }

    @Test
    void saysWhenThereIsNothing() {
        new FakeSysfs(directory);

        assertThat(run("--sysfs", directory.toString())).isZero();

        assertThat(out.toString())
                .contains("IOMMU  found no IOMMU group")
                .contains("found no display controller, no accelerator, and nothing on vfio-pci");
    }

    @Test
    void refusesADirectoryThatIsNoSysfs() {
        assertThat(run("--sysfs", directory.resolve("nowhere").toString())).isEqualTo(2);

        assertThat(out.toString()).isEmpty();
        assertThat(err.toString().lines())
                .singleElement()
                .asString()
                .startsWith("holdfast devices: found no directory ")
                .endsWith("usually /sys");
    }

    private void fillSysfs() {
        FakeSysfs sysfs = new FakeSysfs(directory).vfio();
        sysfs.function("0000:00:1f.3", "8086:2930", "0c0500").group(5);
        sysfs.function("0000:03:00.0", "10de:20f1", "030200").driver("vfio-pci").group(7);
        sysfs.function("0000:03:00.1", "10de:1aef", "040300").group(7);
        sysfs.function("0000:04:00.0", "1002:5046", "030000").driver("vfio-pci").group(8);
        sysfs.function("0000:04:00.1", "8086:2668", "040300")
                .driver("snd_hda_intel")
                .group(8);
    }

    private int run(String... args) {
        return new CommandLine(new DevicesCommand())
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(args);
    }
}
