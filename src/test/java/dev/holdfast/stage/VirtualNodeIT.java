package dev.holdfast.stage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.PassthroughVM;
import dev.holdfast.api.PassthroughVMStatus;
import dev.holdfast.api.PassthroughVMStatus.Memlock;
import dev.holdfast.api.PassthroughVMStatus.Phase;
import dev.holdfast.demo.Observation;
import dev.holdfast.memlock.Exact;
import dev.holdfast.memlock.MemlockInput;
import dev.holdfast.truth.Bench;
import dev.holdfast.truth.Scenario;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The real chain on a real kernel: one boot of the virtual node, with the embedded cluster, the packaged operator and
 * the agent in its DaemonSet's security context.
 */
class VirtualNodeIT {
    private static final Duration LIMIT = Duration.ofMinutes(4);
    private static final Path WORK = Path.of("target/virtual-node-it").toAbsolutePath();
    private static final long MIB = 1024 * 1024;
    private static final long PAGE = 4096;
    private static final long INHERITED = 8 * MIB;

    /** The GPU that no VM of these tests uses: alone in its group. */
    private static final String SPARE_GPU = "0000:02:00.0";

    private static Build build = Build.here();
    private static Stage stage = Stage.set(build, WORK);

    @BeforeAll
    static void bringUp() {
        stage.apply(build.root().resolve("examples/device-classes.yaml"));
        stage.deployAgent();
        stage.bootNode();
        Stage.within(LIMIT, "the agent has reported two free groups").until(() -> {
            stage.checkAlive();
            return stage.freeGroups() == 2;
        });
    }

    @AfterEach
    void deleteVms() {
        stage.client().resources(PassthroughVM.class).inNamespace("default").delete();
        Stage.within(LIMIT, "no VM, no pod and no grant is left")
                .until(() -> stage.pod("vm").isEmpty() && stage.freeGroups() == 2);
    }

    @AfterAll
    static void takeDown() {
        stage.close();
    }

    @Test
    void theKernelRefusesTheFirstMappingOnePageBelowWhatItNeeds() {
        var input = new MemlockInput(256 * MIB, PAGE, MemlockInput.Firmware.SEABIOS, MemlockInput.Video.NONE, null, 1);

        var enough = mapUnder(Exact.plan(input).requiredBytes());
        assertThat(enough.status()).as(enough.out() + enough.err()).isZero();

        var onePageLess = mapUnder(256 * MIB - PAGE);
        assertThat(onePageLess.status()).isNotZero();
        assertThat(onePageLess.err()).contains("Cannot allocate memory");
        assertThat(stage.node().exec("dmesg").orThrow())
                .contains("RLIMIT_MEMLOCK (%d) exceeded".formatted(256 * MIB - PAGE));
    }

    /** Those that differ most; {@code make kernel-truth} runs all. */
    @ParameterizedTest
    @MethodSource("dev.holdfast.truth.Scenarios#inEveryBuild")
    void theKernelChargesWhatWasCounted(Scenario scenario) {
        assertThat(new Bench(build, stage.node()).find(scenario).broken()).isEmpty();
    }

    private static VirtualNode.Output mapUnder(long limitBytes) {
        return stage.node()
                .exec(build.script("stage/map-under-limit").toString(), SPARE_GPU, "256", Long.toString(limitBytes));
    }

    @Test
    void aVmGetsItsExactLimitItsWholeGroupAndLeavesNothingBehind() throws IOException {
        Path seen = WORK.resolve("observation.txt");
        stage.apply(vm());
        HostProcess observer = stage.node()
                .start("observer", seen, build.script("demo/observe").toString(), podUid());

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
    void refusesAnExecedProcessAndOutlivesTheDeathsOfAgentAndOperatorBetweenPodAndGrant() throws IOException {
        Files.createFile(stage.vmStatusIsDown());
        stage.apply(vm());
        String podUid = podUid();
        String container = Stage.within(LIMIT, "the launcher runs and waits for its grant")
                .until(() -> containerId(), Optional::isPresent)
                .orElseThrow();
        assertThat(stage.vm("vm").orElseThrow().getStatus()).isNull();

        var exec = stage.node().exec("sh", "-c", execLauncher(container));
        assertThat(exec.status()).isNotZero();
        assertThat(agentMetrics()).containsPattern("grant_refusals_total\\{reason=\"NotFirstProcess\"[^}]*} [1-9]");

        stage.operator().kill();
        stage.node().exec("pkill", "-KILL", "-f", "app.Holdfast agent").orThrow();
        Files.delete(stage.vmStatusIsDown());
        stage.restartOperator();

        PassthroughVMStatus running = awaitRunning();
        assertThat(running.podUID()).isEqualTo(podUid);
        assertThat(Objects.requireNonNullElse(running.restarts(), 0)).isZero();
        Memlock memlock = Objects.requireNonNull(running.memlock());
        assertThat(memlock.appliedBytes()).isEqualTo(memlock.limitBytes());
    }

    private static PassthroughVM vm() {
        PassthroughVM vm = VmFiles.withoutGuest(VmFiles.read(build.root().resolve("examples/gpu-vm.yaml")));
        vm.getMetadata().setName("vm");
        return vm;
    }

    private static String podUid() {
        return Stage.within(LIMIT, "the operator has made the pod")
                .until(() -> stage.pod("vm"), Optional::isPresent)
                .orElseThrow()
                .getMetadata()
                .getUid();
    }

    private static Optional<String> containerId() {
        stage.checkAlive();
        return stage.pod("vm").map(Pod::getStatus).stream()
                .flatMap(status -> status.getContainerStatuses().stream())
                .filter(container -> container.getState().getRunning() != null)
                .map(container -> container.getContainerID().replaceFirst("^.*://", ""))
                .findFirst();
    }

    /** The launcher's own command line, in a second process of its container. */
    private static String execLauncher(String container) {
        List<String> args = stage.pod("vm")
                .orElseThrow()
                .getSpec()
                .getContainers()
                .getFirst()
                .getArgs();
        return "runc exec %s /opt/holdfast/bin/holdfast launch --shape '%s'".formatted(container, args.getLast());
    }

    private static PassthroughVMStatus awaitRunning() {
        return await(status -> status.phase() == Phase.Running
                && status.memlock() != null
                && status.memlock().lockedBytes() != null);
    }

    private static PassthroughVMStatus await(Predicate<PassthroughVMStatus> reached) {
        return Stage.within(LIMIT, "the VM runs with its memory locked")
                .until(
                        () -> {
                            stage.checkAlive();
                            stage.checkNotFailed("vm");
                            return stage.vm("vm").map(PassthroughVM::getStatus);
                        },
                        status -> status.filter(reached).isPresent())
                .orElseThrow();
    }

    private static String qemuStatus(long pid) {
        return stage.node()
                .exec("grep", "-E", "^(Uid|NSpid|CapEff):", "/proc/" + pid + "/status")
                .orThrow();
    }

    private static String agentMetrics() {
        return stage.node()
                .exec("busybox", "wget", "-qO-", "http://127.0.0.1:8080/metrics")
                .orThrow();
    }
}
