package dev.holdfast.plan.observed;

import static dev.holdfast.testbed.fixtures.Samples.DEFAULTS;
import static dev.holdfast.testbed.fixtures.Samples.NOW;
import static dev.holdfast.testbed.fixtures.Samples.vm;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.plan.lifecycle.Action.CreatePod;
import dev.holdfast.plan.lifecycle.Action.DeletePod;
import dev.holdfast.plan.lifecycle.Action.Nothing;
import dev.holdfast.plan.lifecycle.VmPlan;
import dev.holdfast.plan.status.VmConditions;
import dev.holdfast.testbed.fixtures.ObservedStates;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Pods that the API server created without their claims, because it has no Dynamic Resource Allocation. */
final class DroppedClaimsTest {
    private final PassthroughVM vm = vm("""
            memory: {guest: 128Mi}
            devices: {gpus: [{name: gpu0, claimName: gpu}]}
            resourceClaims: [{name: gpu, resourceClaimTemplateName: gpu}]
            """);

    @Test
    void deletesSuchAPodAndNamesTheVersionThatIsRequired() {
        Pod dropped = new PodBuilder(created())
                .editSpec()
                .withResourceClaims(List.of())
                .endSpec()
                .build();

        VmPlan plan = plan(dropped);

        assertThat(plan.action()).isInstanceOf(DeletePod.class);
        assertThat(plan.status().podUID()).isNull();
        Condition ready = VmConditions.find(plan.status().conditions(), VmConditions.READY)
                .orElseThrow();
        assertThat(ready.getReason()).isEqualTo("ResourceClaimsDisabled");
        assertThat(ready.getMessage()).contains("(gpu)", "pod gpu-vm", "Kubernetes 1.34");
        assertThat(VmConditions.find(plan.status().conditions(), VmConditions.STALLED))
                .isPresent();
    }

    @Test
    void bindsAPodWithAllClaims() {
        VmPlan plan = plan(created());

        assertThat(plan.action()).isInstanceOf(Nothing.class);
        assertThat(plan.status().podUID()).isEqualTo("pod-1");
    }

    private Pod created() {
        CreatePod create = (CreatePod) plan(null).action();
        return new PodBuilder(create.pod())
                .editMetadata()
                .withUid("pod-1")
                .withCreationTimestamp(NOW.toString())
                .endMetadata()
                .build();
    }

    private VmPlan plan(@Nullable Pod pod) {
        return VmPlan.of(ObservedStates.of(vm, pod), DEFAULTS, NOW);
    }
}
