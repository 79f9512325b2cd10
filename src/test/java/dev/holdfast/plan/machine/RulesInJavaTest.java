package dev.holdfast.plan.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.RuleCase;
import dev.holdfast.api.RuleCases;
import dev.holdfast.api.vm.PassthroughVM;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The operator is the second line: it makes a pod of all that the API server takes, and of what the server refuses it
 * takes only what the table says. A VM can reach it around the server's rules, by {@code holdfast render} for instance.
 */
final class RulesInJavaTest {
    static Stream<RuleCase> accepted() {
        return vms().filter(RuleCase::isAccepted);
    }

    static Stream<RuleCase> refused() {
        return vms().filter(one -> !one.isAccepted() && !one.onlyServer());
    }

    static Stream<RuleCase> refusedByTheServerAlone() {
        return vms().filter(RuleCase::onlyServer);
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
        assertThat(takes(one)).isFalse();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void refusedByTheServerAlone(RuleCase one) {
        assertThat(takes(one)).as("the table says so; take onlyServer away").isTrue();
    }

    private static boolean takes(RuleCase one) {
        try {
            return machine(one) instanceof MachineSpec.Valid;
        } catch (KubernetesClientException e) {
            // Another type, or a field that there is not: it cannot even be read.
            return false;
        }
    }

    private static MachineSpec.Result machine(RuleCase one) {
        return MachineSpec.of(
                Serialization.unmarshal(one.object().toString(), PassthroughVM.class).getSpec());
    }
}
