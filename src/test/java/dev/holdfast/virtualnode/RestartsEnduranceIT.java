package dev.holdfast.virtualnode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.node.Grant;
import dev.holdfast.api.node.PassthroughNodeStatus;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.testbed.Build;
import dev.holdfast.testbed.EmbeddedCluster;
import dev.holdfast.testbed.Stage;
import dev.holdfast.testbed.VmFiles;
import io.fabric8.kubernetes.api.model.Pod;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Ten times two VMs start at once, while at random moments the agent is killed and the kubelet restarts: each VM runs
 * in the end, no device is handed out twice, and nothing is left. Ten minutes, so it is {@code make endurance}.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("SystemOut") // Ten minutes without a word are too long.
class RestartsEnduranceIT {
    private static final int ROUNDS = 10;
    /** From the pods' creation until QEMU runs it takes about as long, undisturbed. */
    private static final long START_SECONDS = 12;

    private final Build build = Build.here();
    private final Stage stage =
            Stage.set(build, Path.of("target/endurance-it").toAbsolutePath(), EmbeddedCluster::start);
    private final Random random = new Random(20261122);

    @BeforeAll
    void bringUp() {
        stage.api().install(build.root().resolve("examples/device-classes.yaml"));
        stage.cluster().deployAgent();
        stage.bootNode();
        awaitFree();
    }

    @AfterAll
    void takeDown() {
        stage.close();
    }

    @Test
    void everyVmRunsInTheEndAndNothingIsHandedOutTwiceOrLeftBehind() {
        List<String> before = leftovers();
        for (int round = 0; round < ROUNDS; round++) {
            String a = "a" + round;
            String b = "b" + round;
            stage.api().apply(vm(a, "holdfast.dev/demo-gpu"));
            stage.api().apply(vm(b, "holdfast.dev/radeon"));
            boolean agentFirst = random.nextBoolean();
            disturb(agentFirst);
            disturb(!agentFirst);

            awaitRunning(a);
            awaitRunning(b);
            assertThat(granted()).as("groups in grants, round " + round).doesNotHaveDuplicates();
            System.out.printf("round %d of %d: both run%n", round + 1, ROUNDS);

            stage.api().deleteVms();
            stage.await("no pod is left")
                    .until(() ->
                            stage.api().pod(a).isEmpty() && stage.api().pod(b).isEmpty());
            awaitFree();
        }
        stage.await("nothing is left of twenty VMs")
                .untilAsserted(() -> assertThat(leftovers()).isEqualTo(before));
    }

    private void disturb(boolean agent) {
        LockSupport.parkNanos(random.nextLong(TimeUnit.SECONDS.toNanos(START_SECONDS) / 2));
        if (agent) {
            stage.node().exec("pkill", "-KILL", "-f", "app.Holdfast agent");
        } else {
            stage.node().exec("touch", "/run/kubelet/restart").orThrow();
        }
    }

    private void awaitRunning(String name) {
        PassthroughVMStatus status = stage.await(name + " runs")
                .until(
                        () -> {
                            stage.checkAlive();
                            return stage.api().vm(name).map(PassthroughVM::getStatus);
                        },
                        found -> found.filter(now -> now.phase() == Phase.Running)
                                .isPresent())
                .orElseThrow();
        assertThat(Objects.requireNonNull(status.memlock()).appliedBytes())
                .isEqualTo(status.memlock().limitBytes());
        assertThat(stage.api().pod(name).map(Pod::getMetadata).map(pod -> pod.getUid()))
                .contains(Objects.requireNonNull(status.podUID()));
    }

    private List<String> granted() {
        return stage.api().passthroughNode().stream()
                .map(node -> node.getStatus())
                .map(PassthroughNodeStatus::grants)
                .flatMap(Stream::ofNullable)
                .flatMap(List::stream)
                .map(Grant::devices)
                .flatMap(List::stream)
                .flatMap(device -> device.pciAddresses().stream())
                .toList();
    }

    private void awaitFree() {
        stage.await("both groups are free").until(() -> {
            stage.checkAlive();
            return stage.api().freeGroups() == 2;
        });
    }

    /** Containers, QEMUs, and files in the folders that several share. */
    private List<String> leftovers() {
        List<String> found = new ArrayList<>();
        for (String what : List.of(
                "runc list -q | wc -l",
                "pgrep -c qemu",
                "ls /run/holdfast/grant /var/lib/kubelet/device-plugins /var/run/cdi",
                "find /sys/fs/cgroup -type d -name 'pod*' | wc -l")) {
            found.add(what + ": " + stage.node().exec("sh", "-c", what).out().strip());
        }
        return found;
    }

    private PassthroughVM vm(String name, String device) {
        PassthroughVM vm = VmFiles.withoutGuest(VmFiles.read(build.root().resolve("examples/gpu-vm.yaml")));
        vm.getMetadata().setName(name);
        return VmFiles.withDevice(vm, device);
    }
}
