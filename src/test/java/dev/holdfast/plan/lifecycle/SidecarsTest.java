package dev.holdfast.plan.lifecycle;

import static dev.holdfast.testbed.fixtures.Samples.DEFAULTS;
import static dev.holdfast.testbed.fixtures.Samples.NOW;
import static dev.holdfast.testbed.fixtures.Samples.VM_UID;
import static dev.holdfast.testbed.fixtures.Samples.ended;
import static dev.holdfast.testbed.fixtures.Samples.grant;
import static dev.holdfast.testbed.fixtures.Samples.leaving;
import static dev.holdfast.testbed.fixtures.Samples.node;
import static dev.holdfast.testbed.fixtures.Samples.pod;
import static dev.holdfast.testbed.fixtures.Samples.started;
import static dev.holdfast.testbed.fixtures.Samples.vm;
import static dev.holdfast.testbed.fixtures.Samples.with;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.api.vm.RunStrategy;
import dev.holdfast.plan.lifecycle.Action.CreatePod;
import dev.holdfast.plan.lifecycle.Action.DeletePod;
import dev.holdfast.plan.lifecycle.Action.Nothing;
import dev.holdfast.plan.observed.PodState;
import dev.holdfast.testbed.fixtures.ObservedStates;
import dev.holdfast.testbed.fixtures.Samples;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.ContainerStateBuilder;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Containers that admission has injected into the pod of a VM, with names that sort before QEMU's. */
class SidecarsTest {
    private static final ContainerStatus PROXY = new ContainerStatusBuilder()
            .withName("istio-proxy")
            .withState(new ContainerStateBuilder()
                    .withNewRunning()
                    .withStartedAt("2026-11-22T08:00:00Z")
                    .endRunning()
                    .build())
            .build();

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void readsQemusOwnContainer(boolean nativeSidecar) {
        Pod running = injected(started(pod("pod-1"), 60), nativeSidecar, "Running");
        Pod waiting =
                injected(Samples.waiting(pod("pod-1"), "ErrImagePull", "no such image"), nativeSidecar, "Pending");

        assertThat(PodState.of(running)).isEqualTo(new PodState.Started(Samples.NODE, NOW.minusSeconds(60)));
        assertThat(PodState.executed(running)).contains("2026-11-22T11:59:00Z");
        assertThat(PodState.of(waiting))
                .isInstanceOfSatisfying(
                        PodState.Preparing.class,
                        preparing -> assertThat(preparing.fault()).isPresent());
    }

    @ParameterizedTest
    @EnumSource(
            value = RunStrategy.class,
            names = {"Always", "Once"})
    void deletesAPodWhoseQemuHasEndedWhileItsSidecarRuns(RunStrategy strategy) {
        // Given
        Pod held = injected(ended(pod("pod-1"), 0, Duration.ofSeconds(60), null), false, "Running");

        // When
        VmPlan reported = plan(strategy, running(), held, NOW);
        VmPlan frees = plan(strategy, reported.status(), held, NOW);
        VmPlan going = plan(strategy, frees.status(), leaving(held), NOW);
        VmPlan gone = plan(strategy, going.status(), null, NOW.plusSeconds(60));

        // Then its end is reported first, and its devices are freed without waiting for the sidecar
        assertThat(reported.action()).isInstanceOf(Nothing.class);
        assertThat(reported.status().phase()).isEqualTo(Phase.Succeeded);
        assertThat(reported.recheck()).contains(NOW);
        assertThat(frees.action()).isEqualTo(DeletePod.of(held));
        assertThat(going.status()).isEqualTo(frees.status());
        if (strategy == RunStrategy.Always) {
            assertThat(gone.action()).isInstanceOf(CreatePod.class);
        } else {
            assertThat(gone.status().phase()).isEqualTo(Phase.Succeeded);
        }
    }

    @Test
    void letsTheKubeletEndANativeSidecar() {
        Pod ends = injected(ended(pod("pod-1"), 0, Duration.ofSeconds(60), null), true, "Running");

        VmPlan reported = plan(RunStrategy.Once, running(), ends, NOW);
        VmPlan again = plan(RunStrategy.Once, reported.status(), ends, NOW);

        assertThat(reported.status().phase()).isEqualTo(Phase.Succeeded);
        assertThat(again).isEqualTo(VmPlan.nothing(reported.status()));
    }

    @Test
    void distinguishesTheEndOfASidecarFromQemus() {
        Pod pod = new PodBuilder(injected(started(pod("pod-1"), 60), false, "Running"))
                .editStatus()
                .editFirstContainerStatus()
                .withState(new ContainerStateBuilder()
                        .withNewTerminated()
                        .withExitCode(0)
                        .endTerminated()
                        .build())
                .endContainerStatus()
                .endStatus()
                .build();

        assertThat(plan(RunStrategy.Always, running(), pod, NOW).status().phase())
                .isEqualTo(Phase.Running);
    }

    private static Pod injected(Pod pod, boolean nativeSidecar, String phase) {
        ContainerBuilder sidecar = new ContainerBuilder().withName("istio-proxy");
        PodBuilder with = nativeSidecar
                ? new PodBuilder(pod)
                        .editSpec()
                        .addToInitContainers(
                                0, sidecar.withRestartPolicy("Always").build())
                        .endSpec()
                        .editStatus()
                        .addToInitContainerStatuses(0, PROXY)
                        .endStatus()
                : new PodBuilder(pod)
                        .editSpec()
                        .addToContainers(0, sidecar.build())
                        .endSpec()
                        .editStatus()
                        .addToContainerStatuses(0, PROXY)
                        .endStatus();
        return with.editStatus().withPhase(phase).endStatus().build();
    }

    private static PassthroughVMStatus running() {
        PassthroughVMStatus bound =
                plan(RunStrategy.Always, null, pod("pod-1"), NOW).status();
        return plan(RunStrategy.Always, bound, started(pod("pod-1"), 60), NOW).status();
    }

    private static VmPlan plan(
            RunStrategy strategy, @Nullable PassthroughVMStatus status, @Nullable Pod pod, Instant now) {
        return Samples.planned(
                ObservedStates.of(
                        with(vm(strategy), status),
                        pod,
                        pod == null ? node(List.of()) : node(List.of(), grant("pod-1", VM_UID, 1L))),
                DEFAULTS,
                now);
    }
}
