package dev.holdfast.agent.dra;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.plugin.CdiSpec.Mount;
import dev.holdfast.api.Names;
import dev.holdfast.pci.GroupId;
import dev.holdfast.testbed.DeviceMetadata;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compares path and content with Kubernetes' own reader. Requires Go, as its lane does. */
class DeviceMetadataClusterIT {
    private static final PreparedClaim.Device GPU = new PreparedClaim.Device(
            "pci-0000-65-00-0",
            "gpu",
            new PreparedClaim.Exclusive(GroupId.parse("0000:65:00.0").orElseThrow(), "a100", 7, "uid-1-gpu"));

    @TempDir
    Path plugin;

    @Test
    void aClaimOfATemplateIsFoundAndReadByItsNameInThePod() throws IOException {
        Mount file = written("pod-claim");

        assertThat(file.containerPath()).isEqualTo(DeviceMetadata.pathOfTemplate(Names.DRA_DRIVER, "pod-claim", "gpu"));
        assertThat(DeviceMetadata.decode(Files.readString(Path.of(file.hostPath()))))
                .containsExactly("lab pod-claim gpu vfio.holdfast.dev node-1 pci-0000-65-00-0 0000:65:00.0");
    }

    @Test
    void anyOtherClaimIsFoundAndReadByItsName() throws IOException {
        Mount file = written(null);

        assertThat(file.containerPath()).isEqualTo(DeviceMetadata.pathOfClaim(Names.DRA_DRIVER, "vm-gpu", "gpu"));
        assertThat(DeviceMetadata.decode(Files.readString(Path.of(file.hostPath()))))
                .containsExactly("lab - gpu vfio.holdfast.dev node-1 pci-0000-65-00-0 0000:65:00.0");
    }

    private Mount written(@Nullable String podClaimName) throws IOException {
        DeviceMetadataFiles files = new DeviceMetadataFiles(plugin, "node-1", StateFiles.REAL);
        PreparedClaim claim = new PreparedClaim("uid-1", "lab", "vm-gpu", podClaimName, List.of(GPU));
        files.write(claim);
        return files.mount(claim, GPU).orElseThrow();
    }
}
