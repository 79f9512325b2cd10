package dev.holdfast.plan.lifecycle;

import static dev.holdfast.plan.lifecycle.PlanFixtures.IDLE;
import static dev.holdfast.plan.lifecycle.PlanFixtures.bound;
import static dev.holdfast.plan.lifecycle.PlanFixtures.boundVm;
import static dev.holdfast.plan.lifecycle.PlanFixtures.plan;
import static dev.holdfast.plan.lifecycle.PlanFixtures.readyMessage;
import static dev.holdfast.plan.lifecycle.PlanFixtures.readyReason;
import static dev.holdfast.plan.lifecycle.PlanFixtures.running;
import static dev.holdfast.testbed.fixtures.Samples.DEFAULTS;
import static dev.holdfast.testbed.fixtures.Samples.NOW;
import static dev.holdfast.testbed.fixtures.Samples.VM_UID;
import static dev.holdfast.testbed.fixtures.Samples.grant;
import static dev.holdfast.testbed.fixtures.Samples.node;
import static dev.holdfast.testbed.fixtures.Samples.pod;
import static dev.holdfast.testbed.fixtures.Samples.started;
import static dev.holdfast.testbed.fixtures.Samples.vm;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.plan.lifecycle.Action.Nothing;
import dev.holdfast.plan.status.StatusEvents;
import dev.holdfast.testbed.fixtures.ObservedStates;
import dev.holdfast.testbed.fixtures.Samples;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Decisions during the life cycle of a VM. */
final class VmPlanTest {
    @Test
    void isDeterministic() {
        PassthroughNode reporter = node(List.of(), grant("pod-1", VM_UID, 134217728L));

        VmPlan later = Samples.planned(
                ObservedStates.of(Samples.with(vm(), running()), started(pod("pod-1"), 1), reporter),
                DEFAULTS,
                NOW.plusSeconds(3600));

        assertThat(later.status()).isEqualTo(running());
        assertThat(StatusEvents.between(running(), later.status())).isEmpty();
    }

    @Test
    void reportsAnInvalidSpecAndCreatesNothing() {
        VmPlan plan = plan(Samples.vm("memory: {guest: 1Gi}"), null);

        assertThat(plan.action()).isInstanceOf(Nothing.class);
        assertThat(plan.status().printableStatus()).isEqualTo("InvalidSpec");
        assertThat(plan.recheck()).isEmpty();
    }

    @Test
    void reportsTheMessageOfAnApiServerThatRefusesThePod() {
        ObservedState observed = ObservedStates.of(vm(), null);

        VmPlan plan = VmPlan.refused(observed, DEFAULTS, NOW, "exceeded quota: gpus");

        assertThat(readyReason(plan)).isEqualTo("PodRefused");
        assertThat(readyMessage(plan)).isEqualTo("the API server refused the pod: exceeded quota: gpus");
        assertThat(plan.recheck()).contains(NOW.plusSeconds(10));
    }

    @Test
    void doesNothingForAVmThatIsBeingDeleted() {
        PassthroughVM vm = vm();
        vm.getMetadata().setDeletionTimestamp(NOW.toString());

        assertThat(plan(vm, null).action()).isInstanceOf(Nothing.class);
    }

    @Test
    void changesTheTimeOfAConditionOnlyWithItsStatus() {
        PassthroughVMStatus bound = bound();

        VmPlan plan = Samples.planned(
                ObservedStates.of(boundVm(), Samples.unschedulable(pod("pod-1"), "Insufficient cpu"), IDLE),
                DEFAULTS,
                NOW.plusSeconds(60));

        assertThat(plan.status().conditions()).isNotEqualTo(bound.conditions());
        assertThat(plan.status().conditions())
                .allSatisfy(condition ->
                        assertThat(condition.getLastTransitionTime()).isEqualTo(NOW.toString()));
    }
}
