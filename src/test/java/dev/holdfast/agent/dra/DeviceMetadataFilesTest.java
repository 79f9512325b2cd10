package dev.holdfast.agent.dra;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.plugin.CdiSpec.Mount;
import dev.holdfast.pci.GroupId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeviceMetadataFilesTest {
    private static final PreparedClaim.Device GPU = device("gpu", "0000:65:00.0", "pci-0000-65-00-0");

    @TempDir
    Path plugin;

    private DeviceMetadataFiles files;

    @BeforeEach
    void start() {
        files = new DeviceMetadataFiles(plugin, "n1", StateFiles.REAL);
    }

    /** The content and the path in the container that KubeVirt's reader expects (pkg/dra). */
    @Test
    void writesTheFileThatKubeVirtReads() throws IOException {
        PreparedClaim claim = claim("gpu-of-pod", GPU);

        files.write(claim);

        Mount mount = files.mount(claim, GPU).orElseThrow();
        assertThat(mount.containerPath())
                .isEqualTo("/var/run/kubernetes.io/dra-device-attributes/resourceclaimtemplates/gpu-of-pod/gpu/"
                        + "vfio.holdfast.dev-metadata.json");
        assertThat(mount.options()).contains("ro");
        assertThat(Path.of(mount.hostPath())).hasContent("""
                {"apiVersion":"metadata.resource.k8s.io/v1alpha1","kind":"DeviceMetadata",\
                "metadata":{"name":"vm-gpu-x7k2p","namespace":"lab","uid":"uid-1","generation":1},\
                "podClaimName":"gpu-of-pod",\
                "requests":[{"name":"gpu","devices":[{"driver":"vfio.holdfast.dev","pool":"n1","name":"pci-0000-65-00-0",\
                "attributes":{"resource.kubernetes.io/pciBusID":{"string":"0000:65:00.0"},\
                "deviceClass":{"string":"a100"},"iommuGroup":{"int":7}}}]}]}""");
        assertThat(Files.getPosixFilePermissions(Path.of(mount.hostPath())))
                .isEqualTo(PosixFilePermissions.fromString("rw-r--r--"));
    }

    @Test
    void namesAClaimThatExistsByItself() {
        assertThat(files.mount(claim(null, GPU), GPU).orElseThrow().containerPath())
                .isEqualTo("/var/run/kubernetes.io/dra-device-attributes/resourceclaims/vm-gpu-x7k2p/gpu/"
                        + "vfio.holdfast.dev-metadata.json");
    }

    @Test
    void mountsOneFileForTheDevicesOfARequest() {
        PreparedClaim.Device second = device("gpu", "0000:17:00.0", "pci-0000-17-00-0");
        PreparedClaim claim = claim(null, GPU, second);

        assertThat(files.mount(claim, GPU)).isPresent();
        assertThat(files.mount(claim, second)).isEmpty();
    }

    /** Whoever writes the status of a claim must not choose where root writes. */
    @Test
    void writesNothingForARequestWhoseNameIsAPath() throws IOException {
        PreparedClaim.Device hostile = device("../../escaped", "0000:65:00.0", "pci-0000-65-00-0");
        PreparedClaim claim = claim(null, hostile);

        files.write(claim);

        assertThat(files.mount(claim, hostile)).isEmpty();
        assertThat(plugin).isEmptyDirectory();
    }

    @Test
    void deletesTheFilesOfAClaim() throws IOException {
        PreparedClaim claim = claim(null, GPU);
        files.write(claim);
        assertThat(files.has(claim)).isTrue();
        files.retain(Set.of("uid-1"));
        assertThat(files.has(claim)).isTrue();

        files.delete("uid-1");

        assertThat(files.has(claim)).isFalse();
        files.write(claim);
        files.retain(Set.of());
        assertThat(plugin.resolve("dra-device-metadata")).isEmptyDirectory();
    }

    private static PreparedClaim claim(@Nullable String podClaimName, PreparedClaim.Device... devices) {
        return new PreparedClaim("uid-1", "lab", "vm-gpu-x7k2p", podClaimName, List.of(devices));
    }

    private static PreparedClaim.Device device(String request, String address, String name) {
        return new PreparedClaim.Device(
                name,
                request,
                new PreparedClaim.Exclusive(GroupId.parse(address).orElseThrow(), "a100", 7, "uid-1-" + name));
    }
}
