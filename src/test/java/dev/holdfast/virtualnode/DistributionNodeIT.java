package dev.holdfast.virtualnode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.testbed.Build;
import dev.holdfast.testbed.EmbeddedCluster;
import dev.holdfast.testbed.Stage;
import dev.holdfast.testbed.VirtualNode;
import io.fabric8.kubernetes.api.model.Pod;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * A Debian as people have it, through the whole chain: its disk is a claim, UEFI starts it, cloud-init makes of it what
 * the spec says, it sees the whole GPU, and answers at its pod's address. It reboots in its pod and goes when the power
 * button is pressed. Two boots in a machine that is emulated by an emulated one: {@code make distribution}.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("SystemOut") // Minutes without a word are too long.
class DistributionNodeIT {

    private static final String NAME = "debian";

    private final Build build = Build.here();
    private final Stage stage =
            Stage.set(build, Path.of("target/distribution-it").toAbsolutePath(), EmbeddedCluster::start);
    private final Instant started = Instant.now();
    private int told;

    @BeforeAll
    void bringUp() {
        Path image = Path.of(stage.made("disk image", Duration.ofMinutes(20), "guest/build-debian"));
        stage.api().install(build.root().resolve("examples/device-classes.yaml"));
        stage.cluster().deployAgent();
        stage.bootNode();
        stage.node().exec("mkdir", "-p", "/run/volumes/debian").orThrow();
        stage.node()
                .exec("cp", "--sparse=always", image.toString(), "/run/volumes/debian/disk.img")
                .orThrow();
        stage.await("the agent has reported its free groups").until(() -> {
            stage.checkAlive();
            return stage.api().freeGroups() == 2;
        });
    }

    @AfterAll
    void takeDown() {
        stage.close();
    }

    @Test
    void aDebianComesUpWithItsGpuAnswersRebootsInItsPodAndShutsDownInTime() {
        stage.api().install(build.script("guest/debian-volume.yaml"));
        stage.api().apply(build.script("guest/debian-vm.yaml"));

        awaitConsole("guest-boot 1 of debian");
        assertThat(console())
                .containsPattern("guest-pci 0000:[0-9a-f]{2}:00\\.0 1234:1111 class=0x038000")
                .containsPattern("guest-pci 0000:[0-9a-f]{2}:00\\.1 8086:2668 class=0x040300");
        Pod pod = pod();
        awaitAnswer(pod);

        assertThat(ask(pod, "/cgi-bin/reboot").orThrow()).contains("rebooting");
        // The disk remembers the first one.
        awaitConsole("guest-boot 2 of debian");
        awaitAnswer(pod);
        assertThat(pod().getMetadata().getUid()).isEqualTo(pod.getMetadata().getUid());
        assertThat(pod().getStatus().getContainerStatuses())
                .singleElement()
                .satisfies(container -> assertThat(container.getRestartCount()).isZero());
        PassthroughVMStatus status =
                stage.api().vm(NAME).map(PassthroughVM::getStatus).orElseThrow();
        assertThat(Objects.requireNonNullElse(status.restarts(), 0)).isZero();

        stage.api().deleteVm(NAME);
        Duration grace = Duration.ofSeconds(pod.getSpec().getTerminationGracePeriodSeconds());
        stage.await("the pod is gone").until(() -> {
            tell();
            return stage.api().pod(NAME).isEmpty();
        });
        // The kernel's last lines, which it prints only after an orderly shutdown.
        assertThat(console()).contains("reboot: Power down");
    }

    private void awaitConsole(String words) {
        stage.await("the guest's console says " + words).until(() -> {
            stage.checkAlive();
            stage.api().checkNotFailed(NAME);
            tell();
            return console().contains(words);
        });
    }

    private void awaitAnswer(Pod pod) {
        stage.await("the guest answers at its pod's address")
                .until(() -> ask(pod, "/").out().contains("written by cloud-init"));
        System.out.printf("%5d s: it answers%n", seconds());
    }

    private VirtualNode.Output ask(Pod pod, String path) {
        return stage.node()
                .exec(
                        // busybox' own time limit crashes it, in Debian 12.
                        "timeout",
                        "60",
                        "busybox",
                        "wget",
                        "-qO-",
                        "http://" + pod.getStatus().getPodIP() + ":8080" + path);
    }

    private Pod pod() {
        return stage.api().pod(NAME).orElseThrow();
    }

    private String console() {
        return stage.logs("default", NAME);
    }

    /** Prints the console's output since the previous call, without colour codes. */
    private void tell() {
        String all = console();
        int end = all.lastIndexOf('\n') + 1;
        if (end > told) {
            all.substring(told, end)
                    .replaceAll("\u001b\\[[0-9;?]*[A-Za-z]", "")
                    .lines()
                    .filter(line -> !line.isBlank())
                    .forEach(line -> System.out.printf("%5d s: %s%n", seconds(), line));
            told = end;
        }
    }

    private long seconds() {
        return Duration.between(started, Instant.now()).toSeconds();
    }
}
