package dev.holdfast.agent.report;

import dev.holdfast.api.StatusTexts;
import dev.holdfast.inventory.CheckResult;
import dev.holdfast.inventory.NodeReadiness;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/** Conditions of the node. The transition time is kept as long as the status does not change. */
final class NodeConditions {
    private final List<Condition> before;
    private final String now;

    NodeConditions(List<Condition> before, Instant now) {
        this.before = before;
        this.now = now.truncatedTo(ChronoUnit.SECONDS).toString();
    }

    List<Condition> of(NodeReadiness readiness) {
        return readiness.conditions().stream()
                .map(condition -> condition(condition.type(), condition.result()))
                .toList();
    }

    private Condition condition(String type, CheckResult result) {
        String status = result.holds().status();
        String since = before.stream()
                .filter(condition -> type.equals(condition.getType()) && status.equals(condition.getStatus()))
                .map(Condition::getLastTransitionTime)
                .findFirst()
                .orElse(now);
        return new ConditionBuilder()
                .withType(type)
                .withStatus(status)
                .withReason(StatusTexts.cut(result.reason(), StatusTexts.MAX_REASON))
                .withMessage(StatusTexts.cut(result.message(), StatusTexts.MAX_MESSAGE))
                .withLastTransitionTime(since)
                .build();
    }
}
