package dev.holdfast.schema;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.Slow;
import dev.holdfast.testbed.fixtures.cases.RuleCase;
import dev.holdfast.testbed.fixtures.cases.RuleCases;
import dev.holdfast.testbed.fixtures.cases.SchemaOfCase;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Tests the schemas in the jar with the table of objects that the API server accepts and refuses. */
@Slow
class RuleTableTest {
    private static final String REST = "some validation rules were not checked because the object was invalid";

    static Stream<RuleCase> accepted() {
        return RuleCases.all().stream().filter(RuleCase::isAccepted);
    }

    static Stream<RuleCase> refused() {
        return RuleCases.all().stream().filter(one -> !one.isAccepted());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void accepted(RuleCase one) {
        assertThat(SchemaOfCase.violations(one)).isEmpty();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void refused(RuleCase one) {
        List<Violation> violations = SchemaOfCase.violations(one);

        if (one.refused().startsWith("unknown field")) {
            assertThat(violations).singleElement().extracting(Violation::text).isEqualTo(one.refused());
            return;
        }
        assertThat(violations)
                .filteredOn(violation -> !violation.path().isEmpty() || one.at().isEmpty())
                .filteredOn(violation -> !violation.text().contains(REST))
                .hasSizeBetween(1, one.refused().contains("of type") ? 2 : 1)
                .allSatisfy(violation -> {
                    assertThat(violation.path()).isEqualTo(one.at());
                    assertThat(violation.text()).contains(one.refused());
                });
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("accepted")
    void doesNotModifyTheObject(RuleCase one) {
        ObjectNode before = one.object().deepCopy();

        SchemaOfCase.violations(one);

        assertThat(one.object()).isEqualTo(before);
    }
}
