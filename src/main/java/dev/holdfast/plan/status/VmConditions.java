package dev.holdfast.plan.status;

import dev.holdfast.api.Cause;
import dev.holdfast.api.Reason;
import dev.holdfast.plan.machine.Given;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The conditions of a VM. As in Kubernetes, the transition time changes with the condition's status, not with its message. */
public final class VmConditions {
    public static final String READY = "Ready";
    static final String POD_CREATED = "PodCreated";
    public static final String DEVICES_ALLOCATED = "DevicesAllocated";
    static final String MEMLOCK_APPLIED = "MemlockApplied";
    static final String MEMLOCK_HEADROOM = "MemlockHeadroom";
    /** True, in place of Ready, or absent: the machine is off as the spec requires. */
    public static final String STOPPED = "Stopped";
    /** True, or absent: the operator makes progress, or waits for something that may happen without a user. */
    public static final String RECONCILING = "Reconciling";
    /** True, or absent: no progress without action of a user. */
    public static final String STALLED = "Stalled";
    /** True, or absent: the pod was created from another spec. */
    public static final String RESTART_REQUIRED = "RestartRequired";
    /** False, or absent: a requested restart cannot be done. */
    public static final String RESTART_POSSIBLE = "RestartPossible";
    /** False, or absent: the pod was refused, and its creation is retried with growing pauses. */
    public static final String START_POSSIBLE = "StartPossible";

    /** Type, status and cause of a condition. */
    public record Verdict(String type, String status, Cause cause) {
        public static Verdict yes(String type, Reason reason, String message) {
            return new Verdict(type, "True", new Cause(reason, message));
        }

        public static Verdict no(String type, Cause cause) {
            return new Verdict(type, "False", cause);
        }

        public static Verdict unknown(String type, Cause cause) {
            return new Verdict(type, "Unknown", cause);
        }
    }

    private VmConditions() {}

    public static List<Condition> of(
            @Nullable List<Condition> before, @Nullable Long generation, Instant now, Stream<Verdict> verdicts) {
        return verdicts.map(verdict -> condition(verdict, find(before, verdict.type()), generation, now))
                .toList();
    }

    public static Optional<Condition> find(@Nullable List<Condition> conditions, String type) {
        return Given.list(conditions).stream()
                .filter(condition -> type.equals(condition.getType()))
                .findFirst();
    }

    /** Returns the condition that has the reason of the VM's state: Ready, or Stopped in its place. */
    public static Optional<Condition> state(@Nullable List<Condition> conditions) {
        return find(conditions, READY).or(() -> find(conditions, STOPPED));
    }

    private static Condition condition(
            Verdict verdict, Optional<Condition> before, @Nullable Long generation, Instant now) {
        String time = before.filter(condition -> verdict.status().equals(condition.getStatus()))
                .map(Condition::getLastTransitionTime)
                .orElse(now.truncatedTo(ChronoUnit.SECONDS).toString());
        return new ConditionBuilder()
                .withType(verdict.type())
                .withStatus(verdict.status())
                .withObservedGeneration(generation)
                .withLastTransitionTime(time)
                .withReason(verdict.cause().reason())
                .withMessage(verdict.cause().message())
                .build();
    }
}
