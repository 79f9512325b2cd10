package dev.holdfast.plan.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.testbed.fixtures.RuleCase;
import dev.holdfast.testbed.fixtures.RuleCases;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The operator finds a machine in every spec that the API server takes, and in none that it refuses: a VM can reach it
 * around the server's rules, stored under another schema for instance.
 */
final class RulesInJavaTest {
    static Stream<RuleCase> accepted() {
        return vms().filter(RuleCase::isAccepted);
    }

    /** Names are no part of a spec, and of another type a decoded spec knows nothing: it was converted, or not decoded. */
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
            // A value or a field that the types lack: it cannot be decoded.
            return true;
        }
    }

    private static MachineSpec.Result machine(RuleCase one) {
        return MachineSpec.of(Serialization.unmarshal(one.object().toString(), PassthroughVM.class)
                .getSpec());
    }
}
