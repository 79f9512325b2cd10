package dev.holdfast.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.Slow;
import dev.holdfast.testbed.fixtures.cases.RuleCase;
import dev.holdfast.testbed.fixtures.cases.RuleCases;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Tests that the table of cases is complete: each rule has a refused and an accepted case. */
@Slow
class RuleCasesTest {
    static Stream<CrdRule> rules() {
        return CrdRule.all().stream();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("rules")
    void hasARefusedCase(CrdRule rule) {
        assertThat(RuleCases.all())
                .anyMatch(one -> one.kind().name().equals(rule.kind())
                        && one.at().replaceAll("\\[\\d+]", "[]").equals(rule.path())
                        && !one.refused().isEmpty()
                        && rule.message().contains(one.refused()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("rules")
    void hasAnAcceptedCase(CrdRule rule) {
        assertThat(RuleCases.all())
                .anyMatch(one -> one.kind().name().equals(rule.kind())
                        && one.isAccepted()
                        && present(
                                one.object(),
                                List.of(rule.path().replace("[]", "").split("\\.", -1))));
    }

    @Test
    void everyCaseIsEitherAcceptedOrRefused() {
        assertThat(RuleCases.all()).allMatch(one -> one.refused().isEmpty() == (one.isAccepted()));
    }

    @Test
    void everyCaseHasItsOwnName() {
        assertThat(RuleCases.all()).extracting(RuleCase::toString).doesNotHaveDuplicates();
    }

    private static boolean present(JsonNode node, List<String> path) {
        if (path.isEmpty() || path.getFirst().isEmpty()) {
            return true;
        }
        JsonNode inner = node.path(path.getFirst());
        List<String> rest = path.subList(1, path.size());
        return inner.isArray()
                ? StreamSupport.stream(inner.spliterator(), false).anyMatch(item -> present(item, rest))
                : !inner.isMissingNode() && present(inner, rest);
    }
}
