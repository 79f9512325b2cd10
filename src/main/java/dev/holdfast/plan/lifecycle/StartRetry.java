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
 * When a pod that cannot be made is tried again: with pauses that double up to the longest back-off. The condition
 * {@link VmConditions#START_POSSIBLE} keeps since when, which survives the operator and is written once, not at every
 * try. A change of the spec begins anew.
 */
public final class StartRetry {
    /** The API server passes on what admission webhooks answer. */
    private static final int MAX_WORDS = 1000;

    /** Changes with every other pod of the namespace: apiserver, plugin/pkg/admission/resourcequota. */
    private static final Pattern QUOTA_USED = Pattern.compile("used: \\S+");

    private static final Pattern NUMBER = Pattern.compile("\\p{XDigit}*\\d\\p{XDigit}*");

    private final PassthroughVM vm;
    private final Backoff backoff;
    private final Instant now;

    StartRetry(PassthroughVM vm, Backoff backoff, Instant now) {
        this.vm = vm;
        this.backoff = backoff;
        this.now = now;
    }

    /** Whether the status says that the pod of the VM's present spec was refused. */
    public static boolean isRefused(PassthroughVM vm, PassthroughVMStatus status) {
        return refusal(vm, status).isPresent();
    }

    static Cause refusal(String words) {
        return new Cause(
                Reason.PodRefused,
                "the API server refuses the pod: "
                        + (words.length() > MAX_WORDS ? words.substring(0, MAX_WORDS) + "…" : words));
    }

    /** With the words of the last try where only numbers differ that change without the VM. */
    Cause steady(Cause cause) {
        return VmConditions.state(StatusPlan.before(vm).conditions())
                .filter(ready -> cause.reason().equals(ready.getReason()))
                .map(Condition::getMessage)
                .filter(said -> essence(said).equals(essence(cause.message())))
                .map(said -> new Cause(cause.reason(), said))
                .orElse(cause);
    }

    /** The blocked state, and when to try again. */
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
                .withMessage("the start is tried again with pauses that grow to %s; a change of the spec tries at once"
                        .formatted(words(backoff.longest())))
                .build();
    }

    private static Optional<Condition> refusal(PassthroughVM vm, PassthroughVMStatus status) {
        return VmConditions.find(status.conditions(), VmConditions.START_POSSIBLE)
                .filter(condition -> Objects.equals(
                        condition.getObservedGeneration(), vm.getMetadata().getGeneration()));
    }

    private static String essence(String words) {
        return words.contains("exceeded quota")
                ? QUOTA_USED.matcher(words).replaceAll("used")
                : NUMBER.matcher(words).replaceAll("0");
    }

    private static String words(Duration pause) {
        return pause.toSeconds() % 60 == 0 ? pause.toMinutes() + " min" : pause.toSeconds() + " s";
    }
}
