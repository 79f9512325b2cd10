package dev.holdfast.plan.observed;

import static dev.holdfast.testbed.fixtures.Samples.DEFAULTS;
import static dev.holdfast.testbed.fixtures.Samples.NOW;
import static dev.holdfast.testbed.fixtures.Samples.leaving;
import static dev.holdfast.testbed.fixtures.Samples.vm;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.plan.lifecycle.Action.CreatePod;
import dev.holdfast.plan.lifecycle.Action.DeletePod;
import dev.holdfast.plan.lifecycle.Action.Nothing;
import dev.holdfast.plan.lifecycle.RefusedPodRetry;
import dev.holdfast.plan.lifecycle.VmPlan;
import dev.holdfast.plan.status.VmConditions;
import dev.holdfast.testbed.fixtures.ObservedStates;
import dev.holdfast.testbed.fixtures.Samples;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Pods that the API server created without their image volumes, because its feature gate ImageVolume is off. */
final class DroppedVolumesTest {
    private static final String SPEC = """
            memory: {guest: 128Mi}
            firmware: {kernelBoot: {container: {image: "example.com/guest:1", kernelPath: /vmlinuz}}}
            devices:
              gpus: [{name: gpu0, deviceName: holdfast.dev/test-gpu}]
              disks: [{name: root}]
            volumes: [{name: root, containerDisk: {image: "example.com/disk:1"}}]
            """;

    private final PassthroughVM vm = vm(SPEC);

    @Test
    void deletesSuchAPodAndNamesTheFeatureGate() {
        VmPlan plan = plan(withoutImages(created()), NOW);

        assertThat(plan.action())
                .isInstanceOfSatisfying(
                        DeletePod.class, pod -> assertThat(pod.uid()).isEqualTo("pod-1"));
        assertThat(plan.status().phase()).isEqualTo(Phase.Pending);
        assertThat(plan.status().podUID()).isNull();
        assertThat(ready(plan).getReason()).isEqualTo("ImageVolumesDisabled");
        assertThat(ready(plan).getMessage())
                .contains("(kernel, disk-root)", "pod gpu-vm", "enable the feature gate ImageVolume");
        assertThat(VmConditions.find(plan.status().conditions(), VmConditions.STALLED))
                .isPresent();
    }

    @Test
    void retriesWithPausesEvenWhileTheFormerPodIsTerminating() {
        VmPlan refused = plan(withoutImages(created()), NOW);
        Samples.with(vm, refused.status());
        assertThat(refused.recheck()).contains(NOW.plusSeconds(10));
        assertThat(RefusedPodRetry.isRefused(vm, refused.status())).isTrue();

        VmPlan going = plan(leaving(withoutImages(created())), NOW.plusSeconds(1));
        assertThat(going.action()).isInstanceOf(Nothing.class);
        assertThat(going.status()).isEqualTo(refused.status());

        assertThat(plan(null, NOW.plusSeconds(10)).action()).isInstanceOf(CreatePod.class);
    }

    @Test
    void bindsAPodWithAllVolumes() {
        VmPlan plan = plan(created(), NOW);

        assertThat(plan.action()).isInstanceOf(Nothing.class);
        assertThat(plan.status().podUID()).isEqualTo("pod-1");
    }

    private Pod created() {
        CreatePod create = (CreatePod) plan(null, NOW).action();
        return new PodBuilder(create.pod())
                .editMetadata()
                .withUid("pod-1")
                .withCreationTimestamp(NOW.toString())
                .endMetadata()
                .build();
    }

    private static Pod withoutImages(Pod pod) {
        return new PodBuilder(pod)
                .editSpec()
                .removeMatchingFromVolumes(volume -> volume.buildImage() != null)
                .endSpec()
                .build();
    }

    private VmPlan plan(@Nullable Pod pod, Instant now) {
        return VmPlan.of(ObservedStates.of(vm, pod), DEFAULTS, now);
    }

    private static Condition ready(VmPlan plan) {
        return VmConditions.find(plan.status().conditions(), VmConditions.READY).orElseThrow();
    }
}
