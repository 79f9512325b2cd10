package dev.holdfast.plan.simulation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * A step of a schedule.
 *
 * @param which  number of the VM, and so of its pod
 * @param choice number of the variant of the kind
 * @param millis time that passes before
 */
record Step(Kind kind, int which, int choice, int millis) {
    /** Kinds of steps, and their frequency. */
    enum Kind {
        SETTLE(22),
        DELIVER_POD(6),
        DELIVER_VM(6),
        DELIVER_NODE(5),
        RECONCILE(14),
        BEGIN_RECONCILE(5),
        END_RECONCILE(5),
        SCHEDULE(5),
        KUBELET(9),
        AGENT(6),
        END_GUEST(7),
        RUN_STRATEGY(8),
        ASK_FOR_RESTART(5),
        EDIT_SPEC(4),
        DELETE_POD(3),
        FORCE_POD(3),
        EVICT_POD(2),
        RECREATE_VM(3),
        KILL_OPERATOR(2),
        START_OPERATOR(5),
        LATE_OPERATOR(3),
        NODE_DOWN(3),
        NODE_UP(2),
        REBOOT_NODE(2),
        OUT_OF_SERVICE(2),
        DELETE_REPORT(2),
        AGENT_DOWN(1),
        AGENT_UP(2),
        QUARANTINE(2),
        JUMP_CLOCK(2),
        IMAGE_FAULT(1),
        QUOTA(2),
        CLAIM(2),
        DEVICE_CLASS(2),
        END_SIDECAR(2);

        private final int weight;

        Kind(int weight) {
            this.weight = weight;
        }
    }

    private static final int[] PAUSES = {0, 0, 0, 20, 100, 500, 1200, 4000, 11_000};
    private static final int CHOICES = 840;
    private static final int TOTAL =
            Arrays.stream(Kind.values()).mapToInt(kind -> kind.weight).sum();

    /** Returns random steps, which are the same for the same seed. */
    static List<Step> random(Random random, int length) {
        List<Step> steps = new ArrayList<>();
        for (int i = 0; i < length; i++) {
            steps.add(new Step(
                    kind(random.nextInt(TOTAL)),
                    random.nextInt(2),
                    random.nextInt(CHOICES),
                    PAUSES[random.nextInt(PAUSES.length)]));
        }
        return steps;
    }

    private static Kind kind(int at) {
        int left = at;
        for (Kind kind : Kind.values()) {
            left -= kind.weight;
            if (left < 0) {
                return kind;
            }
        }
        throw new IllegalArgumentException("no kind at " + at);
    }

    /** Formats the step as Java, so that a failing schedule can be copied into a test case. */
    @Override
    public String toString() {
        return "new Step(%s, %d, %d, %d)".formatted(kind, which, choice, millis);
    }
}
