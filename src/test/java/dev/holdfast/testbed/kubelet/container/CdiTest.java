package dev.holdfast.testbed.kubelet.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CdiTest {
    private static final String SPEC = """
            {"cdiVersion": "0.6.0", "kind": "holdfast.dev/vfio",
             "containerEdits": {
               "env": ["A=b=c"],
               "deviceNodes": [{"path": "/dev/vfio/vfio", "permissions": "rw", "uid": 107, "gid": 107, "fileMode": 438}],
               "mounts": [{"hostPath": "/run/holdfast/grant", "containerPath": "/run/holdfast/grant",
                           "options": ["ro", "bind"]}]},
             "devices": [
               {"name": "0000:01:00.0", "containerEdits": {"deviceNodes": [
                 {"path": "/dev/vfio/7", "hostPath": "/dev/vfio/7", "uid": 107, "gid": 107, "fileMode": 384}]}},
               {"name": "0000:02:00.0", "containerEdits": {"deviceNodes": [{"path": "/dev/vfio/8"}]}}]}
            """;

    @TempDir
    Path directory;

    @Test
    void mergesTheSpecsEditsOnceWithThoseOfEachDevice() throws Exception {
        write(SPEC);

        ContainerEdits edits =
                new Cdi(directory).resolve(List.of("holdfast.dev/vfio=0000:01:00.0", "holdfast.dev/vfio=0000:02:00.0"));

        assertThat(edits.env()).isEqualTo(Map.of("A", "b=c"));
        assertThat(edits.mounts())
                .containsExactly(new ContainerEdits.Mount("/run/holdfast/grant", "/run/holdfast/grant", true));
        assertThat(edits.deviceNodes())
                .containsExactly(
                        new ContainerEdits.DeviceNode("/dev/vfio/vfio", "/dev/vfio/vfio", "rw", 107, 107, 0666),
                        new ContainerEdits.DeviceNode("/dev/vfio/7", "/dev/vfio/7", "rwm", 107, 107, 0600),
                        new ContainerEdits.DeviceNode("/dev/vfio/8", "/dev/vfio/8", "rwm", null, null, null));
    }

    @Test
    void refusesADeviceThatNoSpecHas() throws Exception {
        write(SPEC);

        assertThatExceptionOfType(ContainerProblem.class)
                .isThrownBy(() -> new Cdi(directory).resolve(List.of("holdfast.dev/vfio=0000:09:00.0")))
                .withMessageContaining("unresolvable CDI devices holdfast.dev/vfio=0000:09:00.0");
    }

    @Test
    void needsNoDirectoryWhenNothingIsAskedFor() throws Exception {
        assertThat(new Cdi(directory.resolve("absent")).resolve(List.of())).isEqualTo(ContainerEdits.NONE);
    }

    private void write(String spec) throws IOException {
        Files.writeString(directory.resolve("holdfast.json"), spec);
    }
}
