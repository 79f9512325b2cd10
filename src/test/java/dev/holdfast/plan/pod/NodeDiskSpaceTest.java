package dev.holdfast.plan.pod;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testbed.fixtures.Samples;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Volume;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Limits for the use of the node's disk by a VM. */
class NodeDiskSpaceTest {
    /** 20 GiB take 54 more clusters for tables, 1/64 for the file system, and a MiB for its directory. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "containerDisk: {image: x}                   | {}            | 20805Mi",
                "containerDisk: {image: x, capacity: 20Gi}   | {}            | 20805Mi",
                "containerDisk: {image: x, capacity: 1.5Gi}  | {}            | 1562Mi",
                "containerDisk: {image: x, capacity: 64Ti}   | {cdrom: {}}   | 3Mi",
                "emptyDisk: {capacity: 20Gi}                 | {}            | 20801Mi",
                "emptyDisk: {capacity: 1Mi}                  | {}            | 3Mi",
            })
    void limitsTheVolumeOfTheLaunchersFiles(String volume, String disk, String limit) {
        assertThat(scratch(pod(volume, disk)).orElseThrow().getEmptyDir().getSizeLimit())
                .isEqualTo(new Quantity(limit));
    }

    @Test
    void limitsThePodByItsDisksAndItsLogAndRequestsATenth() {
        Container container = container(pod("emptyDisk: {capacity: 20Gi}", "{}"));

        assertThat(container.getResources().getLimits())
                .containsEntry("ephemeral-storage", new Quantity(20801 + 1024 + "Mi"));
        assertThat(container.getResources().getRequests())
                .containsEntry("ephemeral-storage", new Quantity(2081 + 50 + "Mi"));
    }

    /** A claim does not use the node's disk. */
    @Test
    void limitsAPodWithoutLocalDisksByItsLog() {
        Pod pod = pod("persistentVolumeClaim: {claimName: data}", "{}");

        assertThat(scratch(pod)).isEmpty();
        assertThat(container(pod).getResources().getLimits())
                .containsEntry("ephemeral-storage", new Quantity("1024Mi"));
        assertThat(container(pod).getResources().getRequests())
                .containsEntry("ephemeral-storage", new Quantity("50Mi"));
    }

    /** Everything that a pod may write to has a limit: each emptyDir has one, and the root file system is read-only. */
    @ParameterizedTest
    @CsvSource({"'containerDisk: {image: x}'", "'emptyDisk: {capacity: 1Ti}'", "'cloudInitNoCloud: {userData: x}'"})
    void limitsEverythingThatAPodMayWriteTo(String volume) {
        Pod pod = pod(volume, "{}");

        assertThat(pod.getSpec().getVolumes())
                .filteredOn(one -> one.getEmptyDir() != null)
                .isNotEmpty()
                .allSatisfy(one -> assertThat(one.getEmptyDir().getSizeLimit()).isNotNull());
        assertThat(container(pod).getSecurityContext().getReadOnlyRootFilesystem())
                .isTrue();
    }

    private static Optional<Volume> scratch(Pod pod) {
        return pod.getSpec().getVolumes().stream()
                .filter(volume -> volume.getName().equals("temp-data"))
                .findFirst();
    }

    private static Container container(Pod pod) {
        return pod.getSpec().getContainers().getFirst();
    }

    private static Pod pod(String volume, String disk) {
        String inner = disk.strip().substring(1, disk.strip().length() - 1);
        PodPlan plan = VmPod.of(
                Samples.vm("""
                memory: {guest: 128Mi}
                devices: {gpus: [{name: g, deviceName: holdfast.dev/x}], disks: [{name: data%s}]}
                volumes: [{name: data, %s}]
                """.formatted(inner.isEmpty() ? "" : ", " + inner, volume)), Samples.DEFAULTS.pod());
        assertThat(plan).isInstanceOf(PodPlan.Ready.class);
        return ((PodPlan.Ready) plan).pod();
    }
}
