package dev.holdfast.plan.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.CaseCount;
import dev.holdfast.Slow;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Runs some schedules of {@code make simulate}, and tests that the checks can fail. */
@Slow
class LifeSimulationTest {
    /** Number of schedules, which are the same in every run. */
    private static final int COUNT = CaseCount.of(500, 2000);

    @Test
    void holdsInRandomSchedules() {
        assertThat(Schedules.run(1, COUNT, done -> {}).values())
                .as("each with the smallest schedule that shows it")
                .isEmpty();
    }

    @Test
    void findsASecondQemuOfAVm() {
        // Given a VM that runs
        Simulation simulation = new Simulation(EnumSet.noneOf(Feature.class), true);
        new Steps(simulation).take(new Step(Step.Kind.SETTLE, 0, 1, 0));
        World.Vm vm = simulation.api.vm("a");
        World.VmPod first = simulation.api.pod("a");
        World.VmPod second = new World.VmPod("a", "pod-x", vm.uid, Specs.USUAL, 0, first.object);

        // When
        simulation.api.checks.granted(vm, new World.Process(second, "node-2", 1, 0));

        // Then
        assertThat(simulation.violations.kinds()).containsExactly("TWO_QEMUS");
        assertThat(simulation.violations.history()).anyMatch(line -> line.contains("grants pod " + first.uid));
    }

    @Test
    void isReproducible() {
        List<Step> schedule = List.of(
                new Step(Step.Kind.SETTLE, 0, 1, 0),
                new Step(Step.Kind.END_GUEST, 0, 1, 20),
                new Step(Step.Kind.FORCE_POD, 0, 0, 500));
        Set<Feature> features = EnumSet.allOf(Feature.class);

        assertThat(Simulation.run(schedule, features, true).history())
                .isNotEmpty()
                .isEqualTo(Simulation.run(schedule, features, true).history());
    }
}
