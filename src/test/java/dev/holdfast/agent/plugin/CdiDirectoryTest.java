package dev.holdfast.agent.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.agent.DeviceGroup;
import dev.holdfast.host.PciAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CdiDirectoryTest {
    private static final DeviceGroup GROUP = new DeviceGroup(
            PciAddress.parse("0000:03:00.0"), 7, true, List.of(), List.of(), "gpu", List.of(), null, null);

    @TempDir
    Path directory;

    @Test
    void givesTheNodesOfAGroupToQemusUser() throws IOException {
        new CdiDirectory(directory.resolve("cdi")).write(List.of(GROUP), true);

        assertThat(json("cdi/holdfast.dev-vfio.json")).isEqualTo(new ObjectMapper().readTree("""
                {"cdiVersion": "0.6.0",
                 "kind": "holdfast.dev/vfio",
                 "devices": [
                   {"name": "0000:03:00.0",
                    "containerEdits": {"deviceNodes": [
                      {"path": "/dev/vfio/vfio", "type": "c", "permissions": "rw", "fileMode": 438, "uid": 107, "gid": 107},
                      {"path": "/dev/vfio/7", "type": "c", "permissions": "rw", "fileMode": 384, "uid": 107, "gid": 107},
                      {"path": "/dev/kvm", "type": "c", "permissions": "rw", "fileMode": 438, "uid": 107, "gid": 107}
                    ]}}]}
                """));
        try (var files = Files.list(directory.resolve("cdi"))) {
            assertThat(files).hasSize(1);
        }
    }

    @Test
    void leavesKvmOutWhereThereIsNone() throws IOException {
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
    void writesAgainOnlyWhatSomebodyRemoved() throws IOException {
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

    private JsonNode json(String file) throws IOException {
        return new ObjectMapper().readTree(directory.resolve(file).toFile());
    }
}
