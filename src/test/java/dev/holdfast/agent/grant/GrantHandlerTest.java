package dev.holdfast.agent.grant;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.grant.decision.Decision;
import dev.holdfast.agent.grant.decision.Decision.Refuse;
import dev.holdfast.agent.grant.decision.Decision.Wait;
import dev.holdfast.agent.grant.decision.RefusalCode;
import dev.holdfast.agent.plugin.HeldDevices;
import dev.holdfast.api.node.Grant;
import dev.holdfast.api.node.GrantedDevice;
import dev.holdfast.api.node.VmReference;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.grant.GrantRequest;
import dev.holdfast.host.kernel.Pidfd;
import dev.holdfast.host.kernel.Rlimit;
import dev.holdfast.testbed.fixtures.FakeCgroups;
import dev.holdfast.testbed.fixtures.FakeProc;
import dev.holdfast.testbed.fixtures.Groups;
import dev.holdfast.testbed.fixtures.Sleeper;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Grants from the request to the limit, with real processes in a simulated cgroup tree. */
class GrantHandlerTest {
    private static final String POD = "kubepods/burstable/pod" + GrantFixtures.POD_UID;
    private static final String OTHER_POD = "kubepods/burstable/pod99999999-aaaa-bbbb-cccc-000000000009";
    private static final GrantRequest REQUEST = new GrantRequest(GrantFixtures.NAMESPACE, GrantFixtures.NAME, null);

    @TempDir
    Path temp;

    private final FakeCluster cluster = new FakeCluster();
    private final FakeLimits limits = new FakeLimits();
    private final List<AutoCloseable> opened = new ArrayList<>();
    private @Nullable Map<String, List<String>> held = Map.of(GrantFixtures.GPU, List.of("0000:01:00.0"));
    private FakeCgroups cgroups;
    private FakeProc proc;
    private GrantRegistry registry;
    private GrantHandler handler;
    private boolean reported = true;
    private boolean kubeletKnowsAllPods = true;

    @BeforeEach
    void open() {
        cgroups = new FakeCgroups(temp.resolve("cgroup"));
        proc = new FakeProc(temp.resolve("proc"));
        open(new GrantRegistry(proc.procfs(), cgroups.tree(), live -> {}));
        cluster.put(GrantFixtures.pod().build());
        cluster.put(GrantFixtures.vm());
    }

    private void open(GrantRegistry empty) {
        registry = empty;
        handler = new GrantHandler(
                GrantFixtures.NODE,
                cluster,
                new HeldDevices() {
                    @Override
                    public Map<String, List<String>> of(String namespace, String pod) throws IOException {
                        return heldOr(held);
                    }

                    @Override
                    public boolean knowsAllPods() {
                        return kubeletKnowsAllPods;
                    }
                },
                id -> Optional.of(Groups.ofTwo(id, 13, null)),
                GrantFixtures.NO_DEVICES,
                proc.procfs(),
                cgroups.tree(),
                registry,
                new LimitSetter(
                        limits,
                        proc.procfs(),
                        registry,
                        Clock.fixed(Instant.parse("2026-11-22T12:00:00Z"), ZoneOffset.UTC)),
                (podUid, patience) -> reported);
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : opened) {
            each.close();
        }
    }

    @Test
    void grantsTheExactLimitAndRecordsIt() throws Exception {
        // Given
        Peer launcher = launcher();

        // When
        Decision decision = handler.decide(launcher, REQUEST);

        // Then
        List<GrantedDevice> devices =
                List.of(new GrantedDevice("gpu0", List.of("0000:01:00.0", "0000:01:00.1"), 13, null));
        assertThat(decision).isEqualTo(new Decision.Grant(GrantFixtures.LIMIT_BYTES, devices, FakeLimits.INHERITED));
        assertThat(limits.get(launcher.pid())).isEqualTo(Rlimit.of(GrantFixtures.LIMIT_BYTES));
        assertThat(registry.live()).singleElement().satisfies(grant -> {
            assertThat(grant.podUID()).isEqualTo(GrantFixtures.POD_UID);
            assertThat(grant.vm().uid()).isEqualTo(GrantFixtures.VM_UID);
            assertThat(grant.pid()).isEqualTo(launcher.pid());
            assertThat(grant.startTicks()).isEqualTo(launcher.startTicks());
            assertThat(grant.devices()).isEqualTo(devices);
            assertThat(grant.appliedBytes()).isEqualTo(GrantFixtures.LIMIT_BYTES);
            assertThat(grant.time()).isEqualTo("2026-11-22T12:00:00Z");
        });
    }

    /** No two QEMUs get one function, whichever driver has allocated it to each. */
    @Test
    void waitsWhileTheVmOfAnotherPodHasAFunction() throws Exception {
        Peer other = peer(sleeper(), OTHER_POD + "/" + GrantFixtures.CONTAINER_ID);
        registry.add(
                new Grant(
                        "other-pod",
                        new VmReference("lab", "other", "vm-uid"),
                        other.pid(),
                        other.startTicks(),
                        List.of(new GrantedDevice("nic0", List.of("0000:01:00.1"), 13, null)),
                        1L,
                        null,
                        1L,
                        1L,
                        null,
                        "2026-11-22T12:00:00Z"),
                other.process());
        Peer launcher = launcher();

        assertThat(handler.decide(launcher, REQUEST))
                .isInstanceOfSatisfying(
                        Wait.class,
                        wait -> assertThat(wait.message())
                                .contains("0000:01:00.1 belongs to the running VM lab/other"));
        assertThat(limits.limits).doesNotContainKey(launcher.pid());
        assertThat(registry.live()).hasSize(1);
    }

    @Test
    void givesTheSamePeerTheSameGrantAndAppliesItAgain() throws Exception {
        Peer launcher = launcher();
        Decision first = handler.decide(launcher, REQUEST);
        limits.set(launcher.pid(), Rlimit.of(4096));
        // Devices and measurement of the second request are ignored.
        held = Map.of(GrantFixtures.GPU, List.of("0000:77:00.0"));

        Decision second =
                handler.decide(launcher, new GrantRequest(GrantFixtures.NAMESPACE, GrantFixtures.NAME, 50L << 20));

        assertThat(given(second)).isEqualTo(given(first));
        assertThat(limits.get(launcher.pid())).isEqualTo(Rlimit.of(GrantFixtures.LIMIT_BYTES));
        assertThat(registry.live()).hasSize(1);
    }

    @Test
    void raisesTheLimitToWhatWasMeasured() throws Exception {
        Peer launcher = launcher();

        Decision decision =
                handler.decide(launcher, new GrantRequest(GrantFixtures.NAMESPACE, GrantFixtures.NAME, 40L << 20));

        assertThat(decision).isInstanceOf(Decision.Grant.class);
        assertThat(limits.get(launcher.pid())).isEqualTo(Rlimit.of(41L << 20));
        assertThat(registry.live().getFirst().measuredBytes()).isEqualTo(40L << 20);
        assertThat(registry.live().getFirst().limitBytes()).isEqualTo(41L << 20);
    }

    @Test
    void removesTheLimitForAnUnlimitedPlanAndDoesSoAgain() throws Exception {
        cluster.put(GrantFixtures.vm(
                GrantFixtures.status(GrantFixtures.POD_UID, GrantFixtures.plan("Unlimited", null, null, true))));
        Peer launcher = launcher();

        Decision first = handler.decide(launcher, REQUEST);
        Decision second = handler.decide(launcher, REQUEST);

        assertThat(first)
                .isInstanceOfSatisfying(
                        Decision.Grant.class,
                        grant -> assertThat(grant.limitBytes()).isEqualTo(Rlimit.INFINITY));
        assertThat(given(second)).isEqualTo(given(first));
        assertThat(limits.get(launcher.pid())).isEqualTo(Rlimit.of(Rlimit.INFINITY));
        assertThat(registry.live().getFirst().unlimited()).isTrue();
    }

    @Test
    void appliesTheLimitOfPolicyLibvirtWithoutRegardToTheMeasurement() throws Exception {
        cluster.put(GrantFixtures.vm(
                GrantFixtures.status(GrantFixtures.POD_UID, GrantFixtures.plan("Libvirt", 1L << 30, 1L << 30, false))));
        Peer launcher = launcher();

        handler.decide(launcher, new GrantRequest(GrantFixtures.NAMESPACE, GrantFixtures.NAME, 2L << 30));

        assertThat(limits.get(launcher.pid())).isEqualTo(Rlimit.of(1L << 30));
        assertThat(registry.live().getFirst().unlimited()).isFalse();
    }

    @Test
    void grantsOnlyTheMainFunctionToAGuestWithAVirtualIommu() throws Exception {
        cluster.put(GrantFixtures.vm(
                GrantFixtures.devices(
                        "gpus: [{name: gpu0, deviceName: %s}], iommu: {model: intel}".formatted(GrantFixtures.GPU)),
                GrantFixtures.status(GrantFixtures.POD_UID, GrantFixtures.exact())));

        assertThat(handler.decide(launcher(), REQUEST))
                .isInstanceOfSatisfying(
                        Decision.Grant.class,
                        grant -> assertThat(grant.devices())
                                .containsExactly(new GrantedDevice("gpu0", List.of("0000:01:00.0"), 13, null)));
    }

    @Test
    void refusesAMeasurementAboveTheMaximumAndKeepsTheLimit() throws Exception {
        Peer launcher = launcher();

        assertRefused(
                handler.decide(launcher, new GrantRequest(GrantFixtures.NAMESPACE, GrantFixtures.NAME, 64L << 20)),
                RefusalCode.MORE_THAN_MAX);
        assertUntouched(launcher);
    }

    @Test
    void refusesASecondProcessOfThePodWhileTheFirstLives() throws Exception {
        handler.decide(launcher(), REQUEST);
        Peer second = launcher();

        assertRefused(handler.decide(second, REQUEST), RefusalCode.SECOND_PROCESS);
        assertThat(limits.get(second.pid())).isEqualTo(FakeLimits.INHERITED);
    }

    @Test
    void refusesASecondProcessOfThePodAfterTheEndOfTheFirst() throws Exception {
        Sleeper process = sleeper();
        handler.decide(peer(process, POD + "/" + GrantFixtures.CONTAINER_ID), REQUEST);
        process.end();
        registry.sweep();
        assertThat(registry.live()).isEmpty();

        assertRefused(handler.decide(launcher(), REQUEST), RefusalCode.SECOND_PROCESS);
    }

    @Test
    void refusesAProcessOutsideAnyPod() throws Exception {
        Peer outsider = peer(sleeper(), "system.slice/sshd.service");

        assertRefused(handler.decide(outsider, REQUEST), RefusalCode.OUTSIDE_ANY_POD);
        assertUntouched(outsider);
    }

    @Test
    void refusesAnotherPodThatNamesTheVm() throws Exception {
        Peer outsider = peer(sleeper(), OTHER_POD + "/" + GrantFixtures.CONTAINER_ID);

        assertRefused(handler.decide(outsider, REQUEST), RefusalCode.NOT_THIS_POD);
        assertUntouched(outsider);
    }

    @Test
    void ignoresTheCgroupPathInProcOfThePeer() throws Exception {
        // Given a peer in another pod whose /proc file has the path of the VM's pod
        Sleeper process = sleeper();
        Peer outsider = peer(process, OTHER_POD + "/c");
        proc.showFirst(process.pid(), POD + "/" + GrantFixtures.CONTAINER_ID);

        assertThat(handler.decide(outsider, REQUEST)).isInstanceOf(Refuse.class);
        assertUntouched(outsider);
    }

    @Test
    void refusesAProcessThatWasExecutedInTheContainer() throws Exception {
        Sleeper process = sleeper();
        Peer intruder = peer(process, POD + "/" + GrantFixtures.CONTAINER_ID);
        proc.show(process.pid(), process.pid() + "\t23", POD + "/" + GrantFixtures.CONTAINER_ID, 0);

        assertRefused(handler.decide(intruder, REQUEST), RefusalCode.NOT_FIRST_PROCESS);
        assertUntouched(intruder);
    }

    @Test
    void refusesADebugContainer() throws Exception {
        assertRefused(
                handler.decide(peer(sleeper(), POD + "/" + "d".repeat(64)), REQUEST), RefusalCode.OTHER_CONTAINER);
    }

    @Test
    void refusesAProcessWhosePidWasReused() throws Exception {
        // Given a peer that has ended, and another process with its pid in the place of the launcher
        Sleeper process = sleeper();
        Peer launcher = peer(process, POD + "/" + GrantFixtures.CONTAINER_ID);
        proc.showReused(process.pid(), POD + "/" + GrantFixtures.CONTAINER_ID, launcher.startTicks() + 1);

        assertRefused(handler.decide(launcher, REQUEST), RefusalCode.PROCESS_GONE);
        assertUntouched(launcher);
    }

    @Test
    void refusesAProcessWhosePidfdReportsItsEnd() throws Exception {
        Sleeper process = sleeper();
        Peer launcher = peer(process, POD + "/" + GrantFixtures.CONTAINER_ID);
        process.end();

        assertRefused(handler.decide(launcher, REQUEST), RefusalCode.PROCESS_GONE);
        assertUntouched(launcher);
    }

    @Test
    void withdrawsAGrantWhenTheProcessEndsWhileItIsApplied() throws Exception {
        Sleeper process = sleeper();
        Peer launcher = peer(process, POD + "/" + GrantFixtures.CONTAINER_ID);
        limits.afterwards = process::end;

        assertRefused(handler.decide(launcher, REQUEST), RefusalCode.PROCESS_GONE);
        assertThat(registry.live()).isEmpty();
    }

    @Test
    void refusesWithBothLimitsWhenTheKernelReportsAnotherOne() throws Exception {
        limits.kernel = wanted -> Rlimit.of(wanted.hard() - 4096);

        Decision decision = handler.decide(launcher(), REQUEST);

        assertRefused(decision, RefusalCode.NOT_APPLIED);
        assertThat(((Refuse) decision).message())
                .contains(Long.toString(GrantFixtures.LIMIT_BYTES), Long.toString(GrantFixtures.LIMIT_BYTES - 4096));
        assertThat(registry.live()).isEmpty();
    }

    @Test
    void appliesNoLimitAtAllWhenThePlanIsUnlimited() throws Exception {
        cluster.put(GrantFixtures.vm(
                GrantFixtures.status(GrantFixtures.POD_UID, GrantFixtures.plan("Unlimited", null, null, true))));
        Peer launcher = launcher();

        assertThat(handler.decide(launcher, REQUEST)).isInstanceOf(Decision.Grant.class);
        assertThat(limits.get(launcher.pid())).isEqualTo(Rlimit.of(Rlimit.INFINITY));
    }

    @Test
    void waitsForTheOperatorAndThenGrants() throws Exception {
        PassthroughVM bound = GrantFixtures.vm();
        cluster.put(GrantFixtures.vm(null));
        Peer launcher = launcher();

        assertThat(handler.decide(launcher, REQUEST)).isInstanceOf(Wait.class);
        assertUntouched(launcher);

        cluster.put(bound);
        assertThat(handler.decide(launcher, REQUEST)).isInstanceOf(Decision.Grant.class);
    }

    @Test
    void readsNothingOfAPodWithoutDevicesOfHoldfast() throws Exception {
        held = Map.of();

        assertRefused(handler.decide(launcher(), REQUEST), RefusalCode.HOLDS_NO_DEVICE);
        assertThat(cluster.metadataReads).hasValue(0);
        assertThat(cluster.reads).hasValue(0);
    }

    @Test
    void readsOnlyTheMetadataOfAPodThatThePeerIsNotIn() throws Exception {
        handler.decide(peer(sleeper(), OTHER_POD + "/" + GrantFixtures.CONTAINER_ID), REQUEST);

        assertThat(cluster.metadataReads).hasValue(1);
        assertThat(cluster.reads).hasValue(0);
    }

    @Test
    void readsNothingForAProcessOutsideAnyPodOrForALaterProcess() throws Exception {
        Sleeper late = sleeper();
        Peer intruder = peer(late, POD + "/" + GrantFixtures.CONTAINER_ID);
        proc.show(late.pid(), late.pid() + "\t23", POD + "/" + GrantFixtures.CONTAINER_ID, 0);
        held = null;

        assertRefused(handler.decide(intruder, REQUEST), RefusalCode.NOT_FIRST_PROCESS);
        assertRefused(
                handler.decide(peer(sleeper(), "system.slice/sshd.service"), REQUEST), RefusalCode.OUTSIDE_ANY_POD);
        assertThat(cluster.metadataReads).hasValue(0);
    }

    @Test
    void givesTheSameAnswerForEveryPodThatThePeerIsNotIn() throws Exception {
        Peer outsider = peer(sleeper(), OTHER_POD + "/" + GrantFixtures.CONTAINER_ID);
        List<Decision> decisions = new ArrayList<>();

        // Given a pod of this node, one of another node, one without devices, and one that does not exist
        decisions.add(handler.decide(outsider, REQUEST));
        cluster.put(
                GrantFixtures.pod().editSpec().withNodeName("node-b").endSpec().build());
        decisions.add(handler.decide(outsider, REQUEST));
        cluster.put(GrantFixtures.deleted(GrantFixtures.pod()));
        decisions.add(handler.decide(outsider, REQUEST));
        held = Map.of();
        decisions.add(handler.decide(outsider, REQUEST));
        held = Map.of(GrantFixtures.GPU, List.of("0000:01:00.0"));
        cluster.pods.clear();
        decisions.add(handler.decide(outsider, REQUEST));

        assertThat(decisions)
                .extracting(decision -> ((Refuse) decision).reason())
                .contains(RefusalCode.NOT_THIS_POD, RefusalCode.HOLDS_NO_DEVICE, RefusalCode.POD_NOT_FOUND);
        assertThat(decisions.stream()
                        .map(decision -> ((Refuse) decision).answered())
                        .distinct())
                .singleElement()
                .satisfies(answer -> {
                    assertThat(answer.reason()).isEqualTo(RefusalCode.NOT_THIS_POD);
                    assertThat(answer.message())
                            .doesNotContain(GrantFixtures.NAMESPACE, GrantFixtures.NAME, GrantFixtures.POD_UID, "node");
                });
    }

    @Test
    void givesTheSameAnswerWhileTheKubeletMayNotKnowAllPods() throws Exception {
        kubeletKnowsAllPods = false;
        Peer outsider = peer(sleeper(), OTHER_POD + "/" + GrantFixtures.CONTAINER_ID);
        Peer launcher = launcher();

        Decision ofAPodOfThisNode = handler.decide(outsider, REQUEST);
        held = Map.of();
        Decision ofNone = handler.decide(outsider, REQUEST);
        Decision toTheLauncher = handler.decide(launcher, REQUEST);

        assertThat(ofNone).isInstanceOf(Wait.class).isEqualTo(ofAPodOfThisNode).isEqualTo(toTheLauncher);
        held = Map.of(GrantFixtures.GPU, List.of("0000:01:00.0"));
        assertThat(handler.decide(launcher, REQUEST)).isInstanceOf(Decision.Grant.class);
    }

    @Test
    void waitsWhileTheKubeletOrTheApiServerIsNotResponding() throws Exception {
        Peer launcher = launcher();
        held = null;
        Decision withoutKubelet = handler.decide(launcher, REQUEST);
        held = Map.of(GrantFixtures.GPU, List.of("0000:01:00.0"));
        cluster.down = true;

        assertThat(withoutKubelet).isInstanceOf(Wait.class);
        assertThat(handler.decide(launcher, REQUEST)).isEqualTo(withoutKubelet);
        assertUntouched(launcher);
    }

    @Test
    void answersOnceTheNodeReportHasTheGrant() throws Exception {
        Peer launcher = launcher();
        reported = false;
        assertThat(handler.decide(launcher, REQUEST))
                .isInstanceOfSatisfying(
                        Wait.class, wait -> assertThat(wait.message()).contains("report"));
        assertThat(registry.live()).hasSize(1);

        reported = true;

        assertThat(handler.decide(launcher, REQUEST)).isInstanceOf(Decision.Grant.class);
        assertThat(registry.live()).hasSize(1);
    }

    /** Answer that the launcher gets, without its former limit. */
    private static Decision given(Decision decision) {
        Decision.Grant grant = (Decision.Grant) decision;
        return new Decision.Grant(grant.limitBytes(), grant.devices());
    }

    private static Map<String, List<String>> heldOr(@Nullable Map<String, List<String>> held) throws IOException {
        if (held == null) {
            throw new IOException("no answer within 5 s");
        }
        return held;
    }

    private Peer launcher() throws IOException {
        return peer(sleeper(), POD + "/" + GrantFixtures.CONTAINER_ID);
    }

    private Sleeper sleeper() throws IOException {
        Sleeper process = new Sleeper();
        opened.add(process);
        return process;
    }

    /** Returns a real process that appears to be the first of its container. */
    private Peer peer(Sleeper process, String cgroup) throws IOException {
        int cut = cgroup.lastIndexOf('/');
        cgroups.put(process.pid(), cgroup.substring(0, cut), cgroup.substring(cut + 1));
        proc.showFirst(process.pid(), cgroup);
        Pidfd pidfd = Pidfd.open(process.pid());
        opened.add(pidfd);
        return Peer.of(process.pid(), 107, pidfd, proc.procfs()).orElseThrow();
    }

    private void assertUntouched(Peer peer) {
        assertThat(limits.limits).doesNotContainKey(peer.pid());
        assertThat(registry.live()).isEmpty();
    }

    private static void assertRefused(Decision decision, RefusalCode reason) {
        assertThat(decision)
                .isInstanceOfSatisfying(
                        Refuse.class, refuse -> assertThat(refuse.reason()).isEqualTo(reason));
    }
}
