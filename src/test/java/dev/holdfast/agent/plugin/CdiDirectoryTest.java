package dev.holdfast.agent.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.inventory.DeviceGroup;
import dev.holdfast.pci.GroupId;
import dev.holdfast.testbed.fixtures.Groups;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CdiDirectoryTest {
    private static final GroupId ID = Groups.id("0000:03:00.0");
    private static final DeviceGroup GROUP =
            new DeviceGroup(ID, 7, true, List.of(), List.of(), "gpu", List.of(), null, null);

    @TempDir
    Path directory;

    @Test
    void assignsTheNodesOfAGroupToTheUserOfQemu() throws IOException {
        CdiDirectory cdi = new CdiDirectory(directory.resolve("cdi"));
        cdi.write(List.of(GROUP), true);

        String name = cdi.qualified(ID).substring("holdfast.dev/vfio=".length());
        assertThat(json("cdi/holdfast.dev-vfio.json")).isEqualTo(new ObjectMapper().readTree("""
                {"cdiVersion": "0.6.0",
                 "kind": "holdfast.dev/vfio",
                 "devices": [
                   {"name": "%s",
                    "containerEdits": {"deviceNodes": [
                      {"path": "/dev/vfio/vfio", "type": "c", "permissions": "rw", "fileMode": 438, "uid": 107, "gid": 107},
                      {"path": "/dev/vfio/7", "type": "c", "permissions": "rw", "fileMode": 384, "uid": 107, "gid": 107},
                      {"path": "/dev/kvm", "type": "c", "permissions": "rw", "fileMode": 438, "uid": 107, "gid": 107}
                    ]}}]}
                """.formatted(name)));
        try (var files = Files.list(directory.resolve("cdi"))) {
            assertThat(files).hasSize(1);
        }
    }

    /** NVIDIA's runtime accepts device names from an environment variable of any pod. */
    @Test
    void usesNamesThatCannotBeGuessedAndOnlyRootCanRead() throws IOException {
        CdiDirectory cdi = new CdiDirectory(directory);
        cdi.write(List.of(GROUP), false);

        assertThat(cdi.qualified(ID))
                .matches("holdfast\\.dev/vfio=0000:03:00\\.0-[0-9a-f]{32}")
                .isNotEqualTo(new CdiDirectory(directory.resolve("another")).qualified(ID));
        assertThat(Files.getPosixFilePermissions(directory.resolve("holdfast.dev-vfio.json")))
                .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    }

    /** The kubelet keeps an answer to Allocate for a container that starts later, perhaps when the next agent runs. */
    @Test
    void keepsItsNamesForTheNextAgent() throws IOException {
        CdiDirectory cdi = new CdiDirectory(directory);
        cdi.write(List.of(GROUP), false);

        assertThat(new CdiDirectory(directory).qualified(ID)).isEqualTo(cdi.qualified(ID));
    }

    @Test
    void ignoresNamesOfAFileOfAnotherProgram() throws IOException {
        for (String file : List.of("", "{", "{\"devices\": 3}", "{\"devices\": [{\"name\": \"0000:03:00.0\"}]}")) {
            Files.writeString(directory.resolve("holdfast.dev-vfio.json"), file);

            assertThat(new CdiDirectory(directory).qualified(ID))
                    .matches("holdfast\\.dev/vfio=0000:03:00\\.0-[0-9a-f]{32}");
        }
    }

    @Test
    void omitsKvmWhereThereIsNone() throws IOException {
        new CdiDirectory(directory).write(List.of(GROUP), false);

        assertThat(json("holdfast.dev-vfio.json").findValuesAsText("path"))
                .containsExactly("/dev/vfio/vfio", "/dev/vfio/7");
    }

    @Test
    void removesTheFileWhenNothingIsOffered() throws IOException {
        CdiDirectory cdi = new CdiDirectory(directory);
        cdi.write(List.of(GROUP), false);

        cdi.write(List.of(), false);

        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void writesTheFileAgainOnlyAfterItsDeletion() throws IOException {
        Path file = directory.resolve("holdfast.dev-vfio.json");
        CdiDirectory cdi = new CdiDirectory(directory);
        cdi.write(List.of(GROUP), false);
        Object before = Files.getAttribute(file, "unix:ino");

        cdi.write(List.of(GROUP), false);
        assertThat(Files.getAttribute(file, "unix:ino")).isEqualTo(before);

        Files.delete(file);
        cdi.write(List.of(GROUP), false);
        assertThat(file).exists();
    }

    @Test
    void givesThePodOfAnotherDriversDeviceAllButADevice() throws IOException {
        CdiDirectory cdi = new CdiDirectory(directory);
        cdi.writeGrant(true);

        String name = cdi.qualifiedGrant().substring("holdfast.dev/grant=".length());
        assertThat(name).matches("grant-[0-9a-f]{32}");
        assertThat(json("holdfast.dev-grant.json")).isEqualTo(new ObjectMapper().readTree("""
                {"cdiVersion": "0.6.0",
                 "kind": "holdfast.dev/grant",
                 "devices": [
                   {"name": "%s",
                    "containerEdits": {"deviceNodes": [
                      {"path": "/dev/vfio/vfio", "type": "c", "permissions": "rw", "fileMode": 438, "uid": 107, "gid": 107},
                      {"path": "/dev/kvm", "type": "c", "permissions": "rw", "fileMode": 438, "uid": 107, "gid": 107}
                    ]}}]}
                """.formatted(name)));
        assertThat(new CdiDirectory(directory).qualifiedGrant()).isEqualTo(cdi.qualifiedGrant());
    }

    @Test
    void keepsTheFileOfTheGrantWhenNoGroupIsOffered() throws IOException {
        CdiDirectory cdi = new CdiDirectory(directory);
        cdi.writeGrant(false);

        cdi.write(List.of(), false);

        assertThat(json("holdfast.dev-grant.json").findValuesAsText("path")).containsExactly("/dev/vfio/vfio");
    }

    private JsonNode json(String file) throws IOException {
        return new ObjectMapper().readTree(directory.resolve(file).toFile());
    }
}
