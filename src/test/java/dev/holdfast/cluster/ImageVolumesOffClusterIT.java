package dev.holdfast.cluster;

import static dev.holdfast.testbed.Progress.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.testbed.Build;
import dev.holdfast.testbed.Folders;
import dev.holdfast.testbed.cluster.ControlPlaneOptions;
import dev.holdfast.testbed.cluster.RealCluster;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * An API server that behaves as that of Kubernetes 1.34, where image volumes are off by default: a control plane of its own.
 * From 1.36 on they cannot be switched off.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ImageVolumesOffClusterIT {
    private static final Path WORK =
            Path.of("target/cluster-without-image-volumes").toAbsolutePath();

    private static final String VM = """
            apiVersion: holdfast.dev/v1alpha1
            kind: PassthroughVM
            metadata: {name: vm, namespace: default}
            spec:
              memory: {guest: 256Mi}
              firmware: {kernelBoot: {container: {image: "registry.example.com/guest:1", kernelPath: /vmlinuz}}}
              devices:
                gpus: [{name: gpu0, deviceName: holdfast.dev/none}]
                disks: [{name: root}]
              volumes: [{name: root, containerDisk: {image: "registry.example.com/disk:1"}}]
            """;

    private RealCluster cluster;

    @BeforeAll
    void start() {
        Build build = Build.here();
        Folders.empty(WORK);
        cluster = RealCluster.start(
                build,
                WORK,
                build.root().resolve("deploy"),
                new ControlPlaneOptions(List.of("--emulated-version=1.34"), List.of()));
        cluster.startOperator("operator");
    }

    @AfterAll
    void close() throws Exception {
        cluster.close();
    }

    /** The server refuses nothing: it makes the pod without them. */
    @Test
    void theVmNamesTheFeatureGateAndHasNoPod() {
        cluster.admin()
                .resource(Serialization.unmarshal(VM, PassthroughVM.class))
                .create();

        Condition ready = eventually("the VM says what is missing")
                .until(
                        () -> condition("Ready"),
                        condition -> condition
                                .filter(now -> "ImageVolumesDisabled".equals(now.getReason()))
                                .isPresent())
                .orElseThrow();
        assertThat(ready.getMessage()).contains("(kernel, disk-root)", "feature gate ImageVolume");
        assertThat(condition("StartPossible")).isPresent();
        assertThat(condition("Stalled")).isPresent();
        eventually(
                "the pod without its volumes is gone",
                () -> cluster.admin()
                                .pods()
                                .inNamespace("default")
                                .withName("vm")
                                .get()
                        == null);
        assertThat(condition("Ready").map(Condition::getReason)).contains("ImageVolumesDisabled");
    }

    private Optional<Condition> condition(String type) {
        return Stream.ofNullable(cluster.admin()
                        .resources(PassthroughVM.class)
                        .inNamespace("default")
                        .withName("vm")
                        .get()
                        .getStatus())
                .map(PassthroughVMStatus::conditions)
                .filter(Objects::nonNull)
                .flatMap(List::stream)
                .filter(condition -> type.equals(condition.getType()))
                .findFirst();
    }
}
