package dev.holdfast.plan.lifecycle;

import dev.holdfast.api.Cause;
import dev.holdfast.api.Reason;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.plan.observed.RecordedStatus;
import dev.holdfast.plan.status.StatusPlan;
import dev.holdfast.plan.status.VmConditions;
import dev.holdfast.retry.Backoff;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Retries of a pod that cannot be created, with pauses that double up to the longest back-off. The condition
 * {@link VmConditions#START_POSSIBLE} has the time of the first refusal, which survives a restart of the operator and is
 * written once, not at each retry. A change of the spec starts from the shortest pause.
 */
public final class RefusedPodRetry {
    /** Maximum length of the message, as the API server forwards any answer of admission webhooks. */
    private static final int MAX_CHARS = 1000;

    /** A part that changes with other pods of the namespace: apiserver, plugin/pkg/admission/resourcequota. */
    private static final Pattern QUOTA_USED = Pattern.compile("used: \\S+");

    private static final Pattern NUMBER = Pattern.compile("\\p{XDigit}*\\d\\p{XDigit}*");

    private final PassthroughVM vm;
    private final Backoff backoff;
    private final Instant now;

    RefusedPodRetry(PassthroughVM vm, Backoff backoff, Instant now) {
        this.vm = vm;
        this.backoff = backoff;
        this.now = now;
    }

    /** Returns whether the status says that the pod of the VM's current spec was refused. */
    public static boolean isRefused(PassthroughVM vm, PassthroughVMStatus status) {
        return refusal(vm, status).isPresent();
    }

    static Cause refusal(String message) {
        return new Cause(
                Reason.PodRefused,
                "the API server refused the pod: "
                        + (message.length() > MAX_CHARS ? message.substring(0, MAX_CHARS) + "…" : message));
    }

    /** Keeps the message of the last attempt when only numbers differ that change independently of the VM. */
    Cause steady(Cause cause) {
        return VmConditions.state(StatusPlan.before(vm).conditions())
                .filter(ready -> cause.reason().equals(ready.getReason()))
                .map(Condition::getMessage)
                .filter(earlier -> withoutNumbers(earlier).equals(withoutNumbers(cause.message())))
                .map(earlier -> new Cause(cause.reason(), earlier))
                .orElse(cause);
    }

    /** Returns the blocked state and the time of the next attempt. */
    VmPlan plan(PassthroughVMStatus blocked) {
        Instant since = refusal(vm, StatusPlan.before(vm))
                .map(condition -> Instant.parse(condition.getLastTransitionTime()))
                .filter(time -> time.isBefore(now))
                .orElse(now);
        List<Condition> conditions = new RecordedStatus(blocked).conditions();
        return VmPlan.wait(
                blocked.withConditions(Stream.concat(conditions.stream(), Stream.of(condition(blocked, since)))
                        .toList()),
                now.plus(backoff.delayAfter(Duration.between(since, now))));
    }

    private Condition condition(PassthroughVMStatus blocked, Instant since) {
        String reason = VmConditions.find(blocked.conditions(), VmConditions.READY)
                .map(Condition::getReason)
                .orElseThrow();
        return new ConditionBuilder()
                .withType(VmConditions.START_POSSIBLE)
                .withStatus("False")
                .withObservedGeneration(vm.getMetadata().getGeneration())
                .withLastTransitionTime(since.truncatedTo(ChronoUnit.SECONDS).toString())
                .withReason(reason)
                .withMessage(
                        "the start is retried with pauses that grow to %s; a change of the spec starts a retry at once"
                                .formatted(text(backoff.longest())))
                .build();
    }

    private static Optional<Condition> refusal(PassthroughVM vm, PassthroughVMStatus status) {
        return VmConditions.find(status.conditions(), VmConditions.START_POSSIBLE)
                .filter(condition -> Objects.equals(
                        condition.getObservedGeneration(), vm.getMetadata().getGeneration()));
    }

    private static String withoutNumbers(String message) {
        return message.contains("exceeded quota")
                ? QUOTA_USED.matcher(message).replaceAll("used")
                : NUMBER.matcher(message).replaceAll("0");
    }

    private static String text(Duration pause) {
        return pause.toSeconds() % 60 == 0 ? pause.toMinutes() + " min" : pause.toSeconds() + " s";
    }
}
