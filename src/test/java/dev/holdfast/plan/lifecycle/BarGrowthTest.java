package dev.holdfast.plan.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.RunStrategy;
import dev.holdfast.plan.claims.DynamicResources;
import dev.holdfast.plan.lifecycle.Action.CreatePod;
import dev.holdfast.plan.lifecycle.Action.DeletePod;
import dev.holdfast.plan.lifecycle.Action.Nothing;
import dev.holdfast.plan.observed.ReportedNodes;
import dev.holdfast.plan.pod.BarOverheadTest;
import dev.holdfast.plan.pod.PodPlan;
import dev.holdfast.plan.pod.VmPod;
import dev.holdfast.plan.status.VmConditions;
import dev.holdfast.testbed.fixtures.ObservedStates;
import dev.holdfast.testbed.fixtures.Samples;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Unscheduled pods are created again when a device of their class is larger than their memory allows for. */
final class BarGrowthTest {
    /** No container of the pod has run, so even a VM that is to run once gets another pod. */
    @ParameterizedTest
    @EnumSource(names = "Halted", mode = EnumSource.Mode.EXCLUDE)
    void recreatesAnUnscheduledPodWhenALargerDeviceIsReported(RunStrategy strategy) {
        PassthroughVM vm = Samples.vm(strategy);
        PassthroughNode small = Samples.node(List.of(Samples.gpu(64L << 30)));
        PassthroughNode large = Samples.node(List.of(Samples.gpu(128L << 30)));
        Pod pod = made(vm, small, "pod-1");
        vm = Samples.with(vm, plan(vm, pod, small).status());
        assertThat(vm.getStatus().podUID()).isEqualTo("pod-1");
        assertThat(plan(vm, pod, small).action()).isInstanceOf(Nothing.class);

        VmPlan unbound = plan(vm, pod, large);

        // First it is unbound, so that no agent grants it a limit any more.
        assertThat(unbound.action()).isInstanceOf(Nothing.class);
        assertThat(unbound.status().podUID()).isNull();

        vm = Samples.with(vm, unbound.status());
        VmPlan grown = plan(vm, pod, large);

        assertThat(grown.action()).isEqualTo(DeletePod.asRead(pod));
        assertThat(ready(grown).getReason()).isEqualTo("PodTooSmall");
        assertThat(ready(grown).getMessage())
                .isEqualTo(
                        "a node reports a holdfast.dev/test-gpu with BARs of 128.0Gi, but the memory of pod gpu-vm allows page tables only for 64.0Gi; the pod is created again");

        // When it is gone, the next one is created at once, and stays.
        vm = Samples.with(vm, grown.status());
        assertThat(plan(vm, null, large).action()).isInstanceOf(CreatePod.class);
        Pod next = made(vm, large, "pod-2");
        vm = Samples.with(vm, plan(vm, next, large).status());
        assertThat(plan(vm, next, large).action()).isInstanceOf(Nothing.class);
        assertThat(vm.getStatus().restarts()).isZero();

        // The large device is removed and added again.
        assertThat(plan(vm, next, small).action()).isInstanceOf(Nothing.class);
        assertThat(plan(vm, next, large).action()).isInstanceOf(Nothing.class);
    }

    @Test
    void keepsAScheduledPodWhenALargerDeviceIsReported() {
        PassthroughVM vm = Samples.vm();
        PassthroughNode small = Samples.node(List.of(Samples.gpu(64L << 30)));
        PassthroughNode large = Samples.node(List.of(Samples.gpu(128L << 30)));
        Pod pod = made(vm, small, "pod-1");
        vm = Samples.with(vm, plan(vm, pod, small).status());

        assertThat(plan(vm, Samples.scheduled(pod, 1), large).action()).isInstanceOf(Nothing.class);
        assertThat(plan(vm, Samples.started(pod, 1), large).action()).isInstanceOf(Nothing.class);
        assertThat(plan(vm, Samples.ended(pod, 1, Duration.ofSeconds(1), null), large)
                        .action())
                .isInstanceOf(Nothing.class);
    }

    private static Pod made(PassthroughVM vm, PassthroughNode node, String uid) {
        return new PodBuilder(
                        ((PodPlan.Ready) VmPod.of(vm, Samples.DEFAULTS.pod(), ReportedNodes.of(List.of(node)))).pod())
                .editMetadata()
                .withUid(uid)
                .withCreationTimestamp(Samples.ago(1))
                .endMetadata()
                .build();
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(
            strings = {
                "",
                "=",
                "nvidia-a100",
                "nvidia-a100=",
                "nvidia-a100=0",
                "nvidia-a100=-1",
                "nvidia-a100=99999999999999999999",
                "nvidia-a100=lots",
                "other=1Mi",
                "nvidia-a100=9999999999999Mi",
                "claim/nvidia-a100=1Mi assumed",
                "claim/pair/nvidia-a100=1Mi assumed"
            })
    void keepsAPodWithoutTheAnnotation(@Nullable String annotation) {
        assertThat(BarGrowth.of(
                        covering(annotation),
                        machine(BarOverheadTest.gpus(1, "")),
                        ReportedNodes.of(List.of(Samples.node(List.of(BarOverheadTest.A100)))),
                        DynamicResources.unknown()))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "nvidia-a100=116551Mi, true",
        "nvidia-a100=116552Mi, false",
        "nvidia-a100=131120Mi, false",
        "nvidia-a100=262144Mi assumed, false",
        "nvidia-a100=1048576, true",
        "'cx6=16384Mi assumed,nvidia-a100=65536Mi', true",
    })
    void comparesTheDeviceWithTheAnnotation(String annotation, boolean outgrown) {
        assertThat(BarGrowth.of(
                                covering(annotation),
                                machine(BarOverheadTest.gpus(1, "")),
                                ReportedNodes.of(List.of(Samples.node(List.of(BarOverheadTest.A100)))),
                                DynamicResources.unknown())
                        .isPresent())
                .isEqualTo(outgrown);
    }

    /** A compromised node that reports larger devices again and again must not prevent a VM from starting permanently. */
    @Test
    void limitsReplacementsForANodeThatReportsEverLargerDevices() {
        PassthroughVM vm = Samples.vm();
        int replaced = 0;
        Pod pod = made(vm, Samples.node(List.of(Samples.gpu(1 << 20))), "pod-0");
        for (long bytes = 1 << 20; bytes < Long.MAX_VALUE / 2; bytes += bytes / 100) {
            PassthroughNode node = Samples.node(List.of(Samples.gpu(bytes)));
            if (BarGrowth.of(
                            pod,
                            new ReadOnce(vm.getSpec()),
                            ReportedNodes.of(List.of(node)),
                            DynamicResources.unknown())
                    .isPresent()) {
                replaced++;
                pod = made(vm, node, "pod-" + replaced);
            }
        }

        assertThat(replaced).isBetween(20, 120);
    }

    private static ReadOnce machine(String spec) {
        return new ReadOnce(Samples.vm(spec).getSpec());
    }

    private static Pod covering(@Nullable String annotation) {
        Pod pod = Samples.pod("pod-1");
        return new PodBuilder(pod)
                .editMetadata()
                .withAnnotations(annotation == null ? null : Map.of("holdfast.dev/bar-sizes", annotation))
                .endMetadata()
                .build();
    }

    private static VmPlan plan(PassthroughVM vm, @Nullable Pod pod, PassthroughNode node) {
        return Samples.planned(ObservedStates.of(vm, pod, node), Samples.DEFAULTS, Samples.NOW);
    }

    private static Condition ready(VmPlan plan) {
        return VmConditions.state(plan.status().conditions()).orElseThrow();
    }
}
