package dev.holdfast.plan.lifecycle;

import static dev.holdfast.testbed.fixtures.Samples.DEFAULTS;
import static dev.holdfast.testbed.fixtures.Samples.NOW;
import static dev.holdfast.testbed.fixtures.Samples.VM_UID;
import static dev.holdfast.testbed.fixtures.Samples.device;
import static dev.holdfast.testbed.fixtures.Samples.ended;
import static dev.holdfast.testbed.fixtures.Samples.foreign;
import static dev.holdfast.testbed.fixtures.Samples.grant;
import static dev.holdfast.testbed.fixtures.Samples.leaving;
import static dev.holdfast.testbed.fixtures.Samples.node;
import static dev.holdfast.testbed.fixtures.Samples.pod;
import static dev.holdfast.testbed.fixtures.Samples.rejected;
import static dev.holdfast.testbed.fixtures.Samples.scheduled;
import static dev.holdfast.testbed.fixtures.Samples.started;
import static dev.holdfast.testbed.fixtures.Samples.unschedulable;
import static dev.holdfast.testbed.fixtures.Samples.vm;
import static dev.holdfast.testbed.fixtures.Samples.waiting;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Slow;
import dev.holdfast.api.node.DeviceState;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.RunStrategy;
import dev.holdfast.plan.observed.VolumeClaims;
import dev.holdfast.reconcile.decode.FaultTolerantClient;
import dev.holdfast.testbed.fixtures.ObservedStates;
import dev.holdfast.testbed.fixtures.Samples;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntryBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** No decision depends on the fields of VMs and pods that the operator's client skips. */
@Slow
final class TrimmedObjectsTest {
    private static final KubernetesSerialization CLIENT = FaultTolerantClient.serialization();
    private static final List<List<PassthroughNode>> WORLDS = List.of(
            List.of(),
            List.of(node(List.of(device("0000:01:00.0", DeviceState.Free, null)))),
            List.of(node(List.of(device("0000:01:00.0", DeviceState.Allocated, null)), grant("pod-1", VM_UID, 4096L))));

    static Stream<Pod> pods() {
        Pod pod = pod("pod-1");
        return Stream.of(
                pod,
                foreign(pod),
                leaving(pod),
                leaving(evicted(started(pod, 100))),
                unschedulable(pod, "0/1 nodes are available: 1 Insufficient holdfast.dev/test-gpu."),
                scheduled(pod, 100),
                waiting(pod, "ErrImagePull", "no such image"),
                started(pod, 100),
                ended(pod, 0, Duration.ofMinutes(1), null),
                ended(pod, 1, Duration.ofMinutes(1), "2026-11-22T11:00:00Z qemu-system-x86_64: no memory"),
                rejected(pod, "UnexpectedAdmissionError", "no device"));
    }

    @ParameterizedTest
    @MethodSource("pods")
    void decideTheSame(Pod pod) {
        Pod trimmed = CLIENT.unmarshal(CLIENT.asJson(noisy(pod)), Pod.class);
        assertThat(trimmed.getSpec().getVolumes())
                .isNotEmpty()
                .allSatisfy(volume -> assertThat(volume)
                        .isEqualTo(
                                new VolumeBuilder().withName(volume.getName()).build()));

        for (PassthroughVM vm : vms()) {
            PassthroughVM trimmedVm = CLIENT.unmarshal(CLIENT.asJson(noisy(vm)), PassthroughVM.class);
            assertThat(trimmedVm.getMetadata().getAnnotations()).doesNotContainKey("notes");
            for (List<PassthroughNode> nodes : WORLDS) {
                ObservedState whole = ObservedStates.of(vm, pod, nodes, Samples.CLASSES, VolumeClaims.unknown());
                ObservedState small =
                        ObservedStates.of(trimmedVm, trimmed, nodes, Samples.CLASSES, VolumeClaims.unknown());

                assertThat(VmPlan.of(small, DEFAULTS, NOW)).isEqualTo(VmPlan.of(whole, DEFAULTS, NOW));
            }
        }
    }

    /** Returns VMs without a status and with that of each state, with the spec that the pod was made from and with another. */
    private static List<PassthroughVM> vms() {
        List<PassthroughVM> vms = new ArrayList<>();
        for (RunStrategy strategy : List.of(RunStrategy.Always, RunStrategy.Once)) {
            vms.add(vm(strategy));
            pods().forEach(pod -> {
                ObservedState observed =
                        ObservedStates.of(vm(strategy), pod, WORLDS.getLast(), Samples.CLASSES, VolumeClaims.unknown());
                PassthroughVMStatus status = VmPlan.of(observed, DEFAULTS, NOW).status();
                vms.add(Samples.with(vm(strategy), status));
                PassthroughVM changed = Samples.with(vm(strategy), status);
                changed.getMetadata().setGeneration(7L);
                changed.getMetadata().setAnnotations(Map.of("holdfast.dev/restartedAt", "2026-11-22T11:59:59Z"));
                changed.setSpec(Samples.vm(
                                "memory: {guest: 256Mi}\ndevices: {gpus: [{name: gpu0, deviceName: holdfast.dev/test-gpu}]}\nrunStrategy: "
                                        + strategy)
                        .getSpec());
                vms.add(changed);
            });
        }
        return vms;
    }

    private static Pod evicted(Pod pod) {
        return new PodBuilder(pod)
                .editStatus()
                .addNewCondition()
                .withType("DisruptionTarget")
                .withStatus("True")
                .withReason("EvictionByEvictionAPI")
                .withMessage("drained")
                .endCondition()
                .endStatus()
                .build();
    }

    private static Pod noisy(Pod pod) {
        return new PodBuilder(pod)
                .editMetadata()
                .addToAnnotations("notes", "long")
                .addToLabels("app", "db")
                .withFinalizers("example.com/stay")
                .withManagedFields(
                        new ManagedFieldsEntryBuilder().withManager("kubectl").build())
                .endMetadata()
                .editSpec()
                .addNewToleration()
                .withOperator("Exists")
                .endToleration()
                .endSpec()
                .build();
    }

    private static PassthroughVM noisy(PassthroughVM vm) {
        PassthroughVM noisy = CLIENT.clone(vm);
        noisy.getMetadata().getAnnotations().put("notes", "long");
        noisy.getMetadata().setFinalizers(List.of("example.com/stay"));
        return noisy;
    }
}
