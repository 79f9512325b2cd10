package dev.holdfast.testbed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.Memlock;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * The real chain on a real kernel, with whichever cluster: one boot of the virtual node, the packaged operator, and the
 * agent in its DaemonSet's security context.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class WholeChain {
    protected static final long MIB = 1024 * 1024;
    private static final long INHERITED = 8 * MIB;

    protected final Build build = Build.here();
    protected final Stage stage;
    private final Path work;

    /** On the stage that other classes share. */
    public WholeChain(Path work) {
        this.work = work.toAbsolutePath();
        stage = SharedStage.at(build, this.work);
    }

    /** @param work of the cluster and the node */
    public WholeChain(Path work, Cluster.Kind kind) {
        this.work = work.toAbsolutePath();
        stage = Stage.set(build, this.work, kind);
    }

    @BeforeAll
    void bringUp() {
        stage.ready();
    }

    /** Not until the agent has reported its group as free: that may take a quarter of a minute, and nothing waits for it. */
    @AfterEach
    void deleteVms() {
        stage.cluster().allowVmStatus();
        stage.api().deleteVms();
        stage.await("no VM, no pod and no grant is left")
                .until(() -> stage.api().pod("vm").isEmpty() && stage.api().grants() == 0);
    }

    @AfterAll
    void takeDown() {
        stage.close();
    }

    @Test
    void aVmGetsItsExactLimitItsWholeGroupAndLeavesNothingBehind() throws IOException {
        Path seen = work.resolve("observation.txt");
        stage.api().apply(vm());
        HostProcess observer = stage.node()
                .start("observer", seen, build.script("virtual-node/observe").toString(), podUid());

        PassthroughVMStatus running = awaitRunning();

        Memlock memlock = Objects.requireNonNull(running.memlock());
        assertThat(memlock.limitBytes()).isEqualTo(256 * MIB + 256 * 1024 + MIB);
        assertThat(memlock.appliedBytes()).isEqualTo(memlock.limitBytes());
        assertThat(memlock.lockedBytes()).isPositive().isLessThanOrEqualTo(memlock.limitBytes());
        assertThat(Objects.requireNonNull(running.devices())).singleElement().satisfies(device -> {
            assertThat(device.name()).isEqualTo("gpu0");
            assertThat(device.pciAddresses()).containsExactly("0000:01:00.0", "0000:01:00.1");
        });
        Observation observation = Observation.parse(Files.readString(seen));
        assertThat(observation.firstLimitBytes()).isEqualTo(INHERITED);
        assertThat(observation.last().name()).startsWith("qemu");
        assertThat(observation.last().limitBytes()).isEqualTo(memlock.limitBytes());
        assertThat(observation.peakLockedBytes()).isBetween(255 * MIB, memlock.limitBytes());
        assertThat(qemuStatus(observation.last().pid())).contains("107", "CapEff:\t0000000000000000", "NSpid:");
        observer.close();

        stage.api().deleteVms();
        stage.await("no pod and no grant is left, and both groups are free")
                .until(() -> stage.api().pod("vm").isEmpty()
                        && stage.api().grants() == 0
                        && stage.api().freeGroups() == 2);
    }

    /** The operator reads the state of the former process from the node's report, without its caches. */
    @Test
    void aPodThatIsDeletedUnderItsVmIsFollowedByAnotherOnceItsProcessIsGone() {
        stage.api().apply(vm());
        awaitRunning();
        String former = podUid();

        stage.api().admin().pods().inNamespace("default").withName("vm").delete();

        PassthroughVMStatus running = stage.await("another pod of the VM runs")
                .until(
                        () -> stage.api().vm("vm").map(PassthroughVM::getStatus),
                        status -> status.filter(now -> now.phase() == Phase.Running && !former.equals(now.podUID()))
                                .isPresent())
                .orElseThrow();
        assertThat(running.podUID()).isEqualTo(podUid());
        assertThat(Objects.requireNonNull(running.memlock()).appliedBytes())
                .isEqualTo(running.memlock().limitBytes());
    }

    @Test
    void refusesAProcessOutsideAnyPodAndSaysSo() {
        var outsider = stage.node()
                .exec(
                        build.holdfast().toString(),
                        "launch",
                        "--shape",
                        "{\"namespace\":\"default\",\"name\":\"vm\",\"uuid\":\"00000000-0000-0000-0000-000000000000\","
                                + "\"allowEmulation\":true,\"tcgBufferBytes\":67108864,\"cpuModel\":\"max\",\"sockets\":1,"
                                + "\"cores\":1,\"threads\":1,\"memoryBytes\":268435456,\"video\":\"NONE\",\"devices\":[\"gpu0\"]}");

        assertThat(outsider.status()).isNotZero();
        assertThat(outsider.err()).contains("pod");
        assertThat(agentMetrics()).containsPattern("grant_refusals_total\\{reason=\"OutsideAnyPod\"[^}]*} [1-9]");
        assertThat(stage.agentLog()).contains("OutsideAnyPod");
    }

    @Test
    void refusesAnExecedProcessAndOutlivesTheDeathsOfAgentAndOperatorBetweenPodAndGrant() {
        stage.cluster().refuseVmStatus();
        stage.api().apply(vm());
        String podUid = podUid();
        String container = stage.await("the launcher runs and waits for its grant")
                .until(() -> containerId(), Optional::isPresent)
                .orElseThrow();
        assertThat(stage.api().vm("vm").map(PassthroughVM::getStatus).map(PassthroughVMStatus::podUID))
                .isEmpty();

        var exec = stage.node().exec("sh", "-c", execLauncher(container));
        assertThat(exec.status()).isNotZero();
        assertThat(agentMetrics()).containsPattern("grant_refusals_total\\{reason=\"NotFirstProcess\"[^}]*} [1-9]");

        stage.operator().kill();
        stage.node().exec("pkill", "-KILL", "-f", "app.Holdfast agent").orThrow();
        stage.cluster().allowVmStatus();
        stage.restartOperator();

        PassthroughVMStatus running = awaitRunning();
        assertThat(running.podUID()).isEqualTo(podUid);
        assertThat(Objects.requireNonNullElse(running.restarts(), 0)).isZero();
        Memlock memlock = Objects.requireNonNull(running.memlock());
        assertThat(memlock.appliedBytes()).isEqualTo(memlock.limitBytes());
    }

    private PassthroughVM vm() {
        PassthroughVM vm = VmFiles.withoutGuest(VmFiles.read(build.root().resolve("examples/gpu-vm.yaml")));
        vm.getMetadata().setName("vm");
        return vm;
    }

    private String podUid() {
        return stage.await("the operator has made the pod")
                .until(() -> stage.api().pod("vm"), Optional::isPresent)
                .orElseThrow()
                .getMetadata()
                .getUid();
    }

    private Optional<String> containerId() {
        stage.checkAlive();
        return stage.api().pod("vm").map(Pod::getStatus).stream()
                .flatMap(status -> status.getContainerStatuses().stream())
                .filter(container -> container.getState().getRunning() != null)
                .map(container -> container.getContainerID().replaceFirst("^.*://", ""))
                .findFirst();
    }

    /** The launcher's own command line, in a second process of its container. */
    private String execLauncher(String container) {
        List<String> args = stage.api()
                .pod("vm")
                .orElseThrow()
                .getSpec()
                .getContainers()
                .getFirst()
                .getArgs();
        return "runc exec %s /opt/holdfast/bin/holdfast launch --shape '%s'".formatted(container, args.getLast());
    }

    /** Waits until the VM {@code vm} runs with its memory locked. */
    protected final PassthroughVMStatus awaitRunning() {
        return await(status -> status.phase() == Phase.Running
                && status.memlock() != null
                && status.memlock().lockedBytes() != null);
    }

    private PassthroughVMStatus await(Predicate<PassthroughVMStatus> reached) {
        return stage.await("the VM runs with its memory locked")
                .until(
                        () -> {
                            stage.checkAlive();
                            stage.api().checkNotFailed("vm");
                            return stage.api().vm("vm").map(PassthroughVM::getStatus);
                        },
                        status -> status.filter(reached).isPresent())
                .orElseThrow();
    }

    private String qemuStatus(long pid) {
        return stage.node()
                .exec("grep", "-E", "^(Uid|NSpid|CapEff):", "/proc/" + pid + "/status")
                .orThrow();
    }

    protected final String agentMetrics() {
        return stage.node()
                .exec("busybox", "wget", "-qO-", "http://127.0.0.1:8080/metrics")
                .orThrow();
    }
}
