package dev.holdfast.plan.lifecycle;

import static dev.holdfast.testbed.fixtures.Samples.DEFAULTS;
import static dev.holdfast.testbed.fixtures.Samples.NODE;
import static dev.holdfast.testbed.fixtures.Samples.NOW;
import static dev.holdfast.testbed.fixtures.Samples.VM_UID;
import static dev.holdfast.testbed.fixtures.Samples.ended;
import static dev.holdfast.testbed.fixtures.Samples.grant;
import static dev.holdfast.testbed.fixtures.Samples.halted;
import static dev.holdfast.testbed.fixtures.Samples.leaving;
import static dev.holdfast.testbed.fixtures.Samples.node;
import static dev.holdfast.testbed.fixtures.Samples.pod;
import static dev.holdfast.testbed.fixtures.Samples.scheduled;
import static dev.holdfast.testbed.fixtures.Samples.started;
import static dev.holdfast.testbed.fixtures.Samples.vm;
import static dev.holdfast.testbed.fixtures.Samples.with;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.DecodeFault;
import dev.holdfast.api.Undecodable;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.node.PassthroughNodeStatus;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.api.vm.RunStrategy;
import dev.holdfast.plan.lifecycle.Action.CreatePod;
import dev.holdfast.plan.lifecycle.Action.DeletePod;
import dev.holdfast.plan.lifecycle.Action.Nothing;
import dev.holdfast.plan.status.VmConditions;
import dev.holdfast.testbed.fixtures.ObservedStates;
import dev.holdfast.testbed.fixtures.Samples;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Plans for VMs of which a part could not be decoded. */
class UndecodableVmTest {
    private static final PassthroughNode GRANTED = node(List.of(), grant("pod-1", VM_UID, 134217728L));
    private static final DecodeFault WEIGHT = new DecodeFault("spec.affinity.weight", "3000000000 is out of range");

    // The spec.

    @Test
    void withoutAPodItIsInvalidAndNoneIsCreated() {
        VmPlan plan = plan(unknownSpec(PassthroughVMStatus.none()), null);

        assertThat(plan.action()).isInstanceOf(Nothing.class);
        assertThat(plan.status().phase()).isEqualTo(Phase.Pending);
        assertThat(plan.status().printableStatus()).isEqualTo("InvalidSpec");
        assertThat(ready(plan).getReason()).isEqualTo("InvalidSpec");
        assertThat(ready(plan).getMessage()).contains("spec.affinity.weight: 3000000000 is out of range");
    }

    @Test
    void itsRunningMachineStaysReadyAndCannotBeRestarted() {
        VmPlan plan = plan(unknownSpec(running()), started(pod("pod-1"), 60));

        assertThat(plan.action()).isInstanceOf(Nothing.class);
        assertThat(plan.status().phase()).isEqualTo(Phase.Running);
        assertThat(plan.status().memlock()).isEqualTo(running().memlock());
        assertThat(ready(plan).getStatus()).isEqualTo("True");
        assertThat(condition(plan, "RestartPossible"))
                .hasValueSatisfying(possible -> assertThat(possible.getReason()).isEqualTo("InvalidSpec"));
        assertThat(Objects.requireNonNull(plan.status().columns()).devices()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void itsEndedMachineIsNotStartedAgain(int exitCode) {
        Pod pod = ended(pod("pod-1"), exitCode, Duration.ofSeconds(30), null);

        VmPlan plan = plan(unknownSpec(running()), pod);

        assertThat(plan).isEqualTo(VmPlan.nothing(plan.status()));
        assertThat(plan.status().phase()).isEqualTo(exitCode == 0 ? Phase.Succeeded : Phase.Failed);
        assertThat(plan.status().podUID()).isEqualTo("pod-1");
        assertThat(ready(plan).getReason()).isEqualTo("InvalidSpec");
    }

    @ParameterizedTest
    @EnumSource(value = RunStrategy.class, names = "Halted", mode = EnumSource.Mode.EXCLUDE)
    void itContinuesWhenItsSpecIsCorrected(RunStrategy strategy) {
        Pod pod = ended(pod("pod-1"), 0, Duration.ofSeconds(30), null);

        VmPlan straight = plan(with(vm(strategy), running()), pod);
        VmPlan detour =
                plan(with(vm(strategy), plan(unknownSpec(running()), pod).status()), pod);

        assertThat(detour.status().phase()).isEqualTo(straight.status().phase());
        assertThat(detour.status().nextStartTime()).isEqualTo(straight.status().nextStartTime());
        assertThat(detour.action()).isEqualTo(straight.action());
    }

    @Test
    void anEndedMachineOfOnceStaysOffAfterTheFault() {
        PassthroughVMStatus over = plan(
                        with(vm(RunStrategy.Once), running()), ended(pod("pod-1"), 0, Duration.ofSeconds(30), null))
                .status();

        VmPlan unknown = plan(unknownSpec(over), null);
        VmPlan corrected = plan(with(vm(RunStrategy.Once), unknown.status()), null);

        assertThat(unknown.status().phase()).isEqualTo(Phase.Succeeded);
        assertThat(corrected.action()).isInstanceOf(Nothing.class);
        assertThat(corrected.status().phase()).isEqualTo(Phase.Succeeded);
    }

    @Test
    void aStopBeforeTheFaultIsKept() {
        PassthroughVMStatus stopping =
                plan(with(halted(), running()), started(pod("pod-1"), 60)).status();

        PassthroughVM corrected =
                with(vm(RunStrategy.Once), plan(unknownSpec(stopping), null).status());

        assertThat(Samples.planned(ObservedStates.of(corrected, null), DEFAULTS, NOW)
                        .action())
                .isInstanceOf(CreatePod.class);
    }

    @Test
    void anUnboundPodIsNotChanged() {
        VmPlan plan = plan(unknownSpec(PassthroughVMStatus.none()), scheduled(pod("pod-1"), 1));

        assertThat(plan.action()).isInstanceOf(Nothing.class);
        assertThat(plan.status().podUID()).isNull();
        assertThat(ready(plan).getReason()).isEqualTo("InvalidSpec");
    }

    @Test
    void theDeletionOfAPodContinues() {
        VmPlan plan = plan(unknownSpec(running()), leaving(started(pod("pod-1"), 60)));

        assertThat(plan.action()).isInstanceOf(Nothing.class);
        assertThat(plan.status().phase()).isEqualTo(Phase.Stopping);
    }

    @Test
    void theStatusIsStable() {
        for (Pod pod : List.of(
                started(pod("pod-1"), 60),
                pod("pod-1"),
                scheduled(pod("pod-1"), 1),
                ended(pod("pod-1"), 1, Duration.ofSeconds(30), null))) {
            PassthroughVMStatus first = plan(unknownSpec(running()), pod).status();

            assertThat(plan(unknownSpec(first), pod).status()).isEqualTo(first);
        }
        PassthroughVMStatus first = plan(unknownSpec(running()), null).status();
        assertThat(plan(unknownSpec(first), null).status()).isEqualTo(first);
    }

    // The status.

    @ParameterizedTest
    @ValueSource(
            strings = {
                "status.podUID",
                "status.memlock.terms[0].bytes",
                "status.restarts",
                "status",
                "status.of.tomorrow"
            })
    void aStatusWithUndecodableRecordsIsNeitherUsedNorOverwritten(String path) {
        for (Pod pod :
                new Pod[] {null, started(pod("pod-1"), 60), ended(pod("pod-1"), 1, Duration.ofSeconds(30), null)}) {
            PassthroughVM vm = marked(with(vm(), PassthroughVMStatus.none()), new DecodeFault(path, "odd"));

            VmPlan plan = plan(vm, pod);

            assertThat(UndecodableVm.keepsStoredStatus(vm)).isTrue();
            assertThat(plan.action()).isInstanceOf(Nothing.class);
            assertThat(ready(plan).getStatus()).isEqualTo("Unknown");
            assertThat(ready(plan).getReason()).isEqualTo("InvalidStatus");
            assertThat(ready(plan).getMessage()).startsWith(path + ": odd").contains("--subresource=status");
            assertThat(plan.status().withConditions(List.of()))
                    .isEqualTo(
                            PassthroughVMStatus.none().printing("InvalidStatus").withConditions(List.of()));
            // The stored status may have any of these.
            assertThat(plan.status().conditions())
                    .extracting(condition -> condition.getType() + "=" + condition.getStatus())
                    .containsExactly("Ready=Unknown", "Stalled=True", "Reconciling=False");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"status.phase", "status.conditions[0].observedGeneration", "status.columns.devices"})
    void fieldsThatAreDeterminedAgainAreWritten(String path) {
        PassthroughVM vm = marked(with(vm(), running()), new DecodeFault(path, "odd"));

        VmPlan plan = plan(vm, started(pod("pod-1"), 60));

        assertThat(UndecodableVm.keepsStoredStatus(vm)).isFalse();
        assertThat(plan.status().phase()).isEqualTo(Phase.Running);
        assertThat(plan.status().podUID()).isEqualTo("pod-1");
    }

    // The pod.

    @Test
    void aPodThatCannotBeDecodedIsNeitherReplacedNorDeleted() {
        Pod pod = marked(pod("pod-1"), new DecodeFault("spec", "odd"));
        pod.setSpec(null);

        for (PassthroughVMStatus before : List.of(running(), PassthroughVMStatus.none())) {
            VmPlan plan = plan(with(vm(), before), pod);

            assertThat(plan.action()).isInstanceOf(Nothing.class);
            assertThat(plan.status().phase()).isEqualTo(Phase.Unknown);
            assertThat(plan.status().podUID()).isEqualTo(before.podUID());
            assertThat(ready(plan).getReason()).isEqualTo("PodUndecodable");
        }
    }

    @Test
    void aPodThatCannotBeDecodedIsStoppedOnRequest() {
        Pod pod = marked(pod("pod-1"), new DecodeFault("spec", "odd"));
        pod.setSpec(null);

        assertThat(plan(with(halted(), running()), pod).action()).isEqualTo(DeletePod.of(pod));
        assertThat(plan(with(vm(), running()), leaving(pod)).action()).isInstanceOf(Nothing.class);
    }

    // The report of a node.

    @Test
    void noPodIsCreatedWhileTheGrantsOfTheFormerNodeAreUnknown() {
        PassthroughNode odd = marked(node(List.of()), new DecodeFault("status.grants[3].vm", "missing"));
        odd.setStatus(new PassthroughNodeStatus("boot", null, null, null));
        PassthroughVMStatus gone = plan(with(vm(), running()), null).status();

        VmPlan waiting =
                Samples.planned(ObservedStates.of(with(vm(), gone), null, odd), DEFAULTS, NOW.plusSeconds(3600));

        assertThat(gone.nodeName()).isEqualTo(NODE);
        assertThat(waiting.action()).isInstanceOf(Nothing.class);
        assertThat(ready(waiting).getReason()).isEqualTo("NodeReportUndecodable");
        assertThat(ready(waiting).getMessage()).contains(NODE, "pod-1", "status.grants[3].vm: missing");
        assertThat(Samples.planned(ObservedStates.of(vm(), null, odd), DEFAULTS, NOW.plusSeconds(3600))
                        .action())
                .isInstanceOf(CreatePod.class);
    }

    private static VmPlan plan(PassthroughVM vm, @Nullable Pod pod) {
        return Samples.planned(ObservedStates.of(vm, pod, GRANTED), DEFAULTS, NOW);
    }

    private static PassthroughVM unknownSpec(PassthroughVMStatus status) {
        PassthroughVM vm = marked(with(vm(), status), WEIGHT);
        vm.setSpec(null);
        return vm;
    }

    private static <R extends HasMetadata> R marked(R object, DecodeFault fault) {
        Undecodable.mark(object, List.of(fault));
        return object;
    }

    private static PassthroughVMStatus running() {
        PassthroughVMStatus bound = plan(vm(), pod("pod-1")).status();
        return plan(with(vm(), bound), started(pod("pod-1"), 60)).status();
    }

    private static Condition ready(VmPlan plan) {
        return condition(plan, "Ready").orElseThrow();
    }

    private static Optional<Condition> condition(VmPlan plan, String type) {
        return VmConditions.find(plan.status().conditions(), type);
    }
}
