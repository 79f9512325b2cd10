package dev.holdfast.user;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.user.PowerGoal.Command;
import org.junit.jupiter.api.Test;

class PowerGoalTest {
    private static final VmView HALTED = vm(1, 1, "", "\"phase\": \"Stopped\", \"observedGeneration\": 1");
    private static final VmView STARTED = vm(2, 2, "", "\"phase\": \"Stopped\", \"observedGeneration\": 1");

    @Test
    void startIsReachedWhenTheStatusOfTheNewSpecIsRunning() {
        PowerGoal goal = new PowerGoal(Command.START, HALTED, STARTED);

        assertThat(goal.isReached(vm(3, 2, "", "\"phase\": \"Running\", \"observedGeneration\": 1")))
                .isFalse();
        assertThat(goal.isReached(vm(3, 2, "", "\"phase\": \"Running\", \"observedGeneration\": 2")))
                .isTrue();
    }

    @Test
    void aStatusFromBeforeTheCommandIsNoFailure() {
        String stalled =
                "\"observedGeneration\": %d, \"conditions\": [{\"type\": \"Stalled\", \"status\": \"True\", \"message\": \"too low\"}]";
        VmView before = vm(1, 1, "", stalled.formatted(1));
        PowerGoal goal = new PowerGoal(Command.START, before, vm(2, 2, "", stalled.formatted(1)));

        assertThat(goal.failure(vm(2, 2, "", stalled.formatted(1)))).isEmpty();
        assertThat(goal.failure(vm(3, 2, "", stalled.formatted(1)))).isEmpty();
        assertThat(goal.failure(vm(4, 2, "", stalled.formatted(2)))).contains("too low");
    }

    @Test
    void aVmThatIsStalledAlreadyFailsAtOnce() {
        VmView stalled = vm(
                1,
                1,
                "",
                "\"observedGeneration\": 1, \"conditions\": [{\"type\": \"Stalled\", \"status\": \"True\", \"message\": \"too low\"}]");

        assertThat(new PowerGoal(Command.START, stalled, stalled).failure(stalled))
                .contains("too low");
    }

    @Test
    void restartIsReachedByThePodOfTheRequestOnly() {
        String annotation = "\"holdfast.dev/restartedAt\": \"2026-12-01T12:00:00Z\"";
        String running = "\"phase\": \"Running\", \"observedGeneration\": 1, \"podUID\": \"a\"";
        PowerGoal goal = new PowerGoal(Command.RESTART, vm(1, 1, "", running), vm(2, 1, annotation, running));

        assertThat(goal.isReached(vm(2, 1, annotation, running))).isFalse();
        assertThat(goal.isReached(vm(3, 1, annotation, running + ", \"restartedAt\": \"2026-12-01T12:00:00Z\"")))
                .isTrue();
    }

    @Test
    void aMachineThatEndsInItsNewPodHasFailed() {
        PowerGoal goal = new PowerGoal(Command.START, HALTED, STARTED);
        String failed =
                "\"phase\": \"Failed\", \"printableStatus\": \"GuestPanicked\", \"observedGeneration\": 2, \"podUID\": \"b\"";

        assertThat(goal.failure(vm(3, 2, "", failed))).contains("GuestPanicked");
        assertThat(goal.failure(vm(3, 2, "", failed + ", \"nextStartTime\": \"2026-12-01T12:00:00Z\"")))
                .isEmpty();
    }

    private static VmView vm(int version, int generation, String annotations, String status) {
        return new VmView(UserCluster.parsed("""
                {"metadata": {"namespace": "lab", "name": "vm", "resourceVersion": "%d", "generation": %d, "annotations": {%s}},
                 "spec": {"runStrategy": "Always"}, "status": {%s}}
                """.formatted(version, generation, annotations, status)));
    }
}
