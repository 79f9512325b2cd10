package dev.holdfast.plan.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Some of the schedules that {@code make simulate} runs more of, and checks that can fail. */
class LifeSimulationTest {
    /** As many as fit into a unit test; the same ones each time. */
    private static final int COUNT = 500;

    @Test
    void holdsInRandomSchedules() {
        assertThat(Schedules.run(1, COUNT, done -> {}).values())
                .as("each with the smallest schedule that shows it")
                .isEmpty();
    }

    @Test
    void findsAndShrinksWhatDoesNotHold() {
        // Given a cluster in which a process goes on although its VM is told to be running nowhere
        List<Step> schedule = List.of(
                new Step(Step.Kind.SETTLE, 0, 1, 0),
                new Step(Step.Kind.AGENT_DOWN, 0, 0, 0),
                new Step(Step.Kind.SETTLE, 0, 1, 0));
        Simulation simulation = new Simulation(EnumSet.noneOf(Feature.class), true);
        schedule.forEach(new Steps(simulation)::take);

        // When its object is lost without the kubelet's knowledge, and nobody may end it
        World.VmPod pod = simulation.api.pods.get("a");
        simulation.api.pods.clear();
        World.Vm vm = simulation.api.vms.get("a");
        simulation.api.checks.granted(
                vm, new World.Process(new World.VmPod("a", "pod-x", vm.uid, 0, 0, pod.object), "node-2", 1, 0));

        // Then
        assertThat(simulation.violations.kinds()).containsExactly("TWO_QEMUS");
        assertThat(simulation.violations.story()).anyMatch(line -> line.contains("grants pod " + pod.uid));
    }

    @Test
    void tellsTheSameStoryForTheSameSchedule() {
        List<Step> schedule = List.of(
                new Step(Step.Kind.SETTLE, 0, 1, 0),
                new Step(Step.Kind.END_GUEST, 0, 1, 20),
                new Step(Step.Kind.FORCE_POD, 0, 0, 500));
        Set<Feature> features = EnumSet.allOf(Feature.class);

        assertThat(Simulation.run(schedule, features, true).story())
                .isNotEmpty()
                .isEqualTo(Simulation.run(schedule, features, true).story());
    }
}
