package dev.holdfast.plan.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.testbed.fixtures.cases.RuleCase;
import dev.holdfast.testbed.fixtures.cases.RuleCases;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The operator accepts the specs that the API server accepts, and refuses those that it refuses: a VM may not have passed the
 * server's current rules, for instance if it was stored under another schema.
 */
final class RulesInJavaTest {
    static Stream<RuleCase> accepted() {
        return vms().filter(RuleCase::isAccepted);
    }

    /** Without cases about names, which are not part of a spec, and about types: a decoded spec has the right ones. */
    static Stream<RuleCase> refused() {
        return vms().filter(one -> !one.isAccepted()
                && !one.at().startsWith("metadata")
                && !one.refused().startsWith("the name ")
                && !one.refused().contains("must be of type"));
    }

    private static Stream<RuleCase> vms() {
        return RuleCases.all().stream()
                .filter(one -> one.kind().name().equals("PassthroughVM") && one.before() == null);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void accepted(RuleCase one) {
        assertThat(machine(one)).isInstanceOf(MachineSpec.Valid.class);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void refused(RuleCase one) {
        assertThat(isRefused(one)).isTrue();
    }

    private static boolean isRefused(RuleCase one) {
        try {
            return machine(one) instanceof MachineSpec.Invalid invalid
                    && invalid.causes().stream()
                            .anyMatch(cause -> cause.message().contains(one.refused()));
        } catch (KubernetesClientException e) {
            // A value or a field that the types do not have cannot be decoded.
            return true;
        }
    }

    private static MachineSpec.Result machine(RuleCase one) {
        return MachineSpec.of(Serialization.unmarshal(one.object().toString(), PassthroughVM.class)
                .getSpec());
    }
}
