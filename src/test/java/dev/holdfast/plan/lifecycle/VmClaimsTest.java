package dev.holdfast.plan.lifecycle;

import static dev.holdfast.plan.claims.DraObjects.own;
import static dev.holdfast.plan.claims.DraObjects.read;
import static dev.holdfast.plan.claims.DraObjects.slice;
import static dev.holdfast.plan.claims.DraObjects.template;
import static dev.holdfast.plan.lifecycle.PlanFixtures.message;
import static dev.holdfast.plan.lifecycle.PlanFixtures.readyMessage;
import static dev.holdfast.plan.lifecycle.PlanFixtures.readyReason;
import static dev.holdfast.testbed.fixtures.Samples.DEFAULTS;
import static dev.holdfast.testbed.fixtures.Samples.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.Cause;
import dev.holdfast.api.Names;
import dev.holdfast.api.Reason;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.plan.claims.DraObjects;
import dev.holdfast.plan.claims.DynamicResources;
import dev.holdfast.plan.claims.DynamicResources.State;
import dev.holdfast.plan.lifecycle.Action.CreatePod;
import dev.holdfast.plan.lifecycle.Action.Nothing;
import dev.holdfast.plan.observed.ReportedNodes;
import dev.holdfast.plan.pod.BarOverhead;
import dev.holdfast.testbed.fixtures.ObservedStates;
import dev.holdfast.testbed.fixtures.Samples;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** VMs whose devices come from claims, from the missing template to the driver that is away. */
final class VmClaimsTest {
    private static final String ONE = "{name: gpu, exactly: {deviceClassName: a100}}";
    private static final HasMetadata[] OBJECTS = {
        template("one-gpu", ONE), own("a100"), slice(Names.DRA_DRIVER, "node-1", 1, "a100", "64Gi")
    };

    @Test
    void createsThePodOnceTheTemplateExists() {
        VmPlan waiting = plan(vm(), null, read());

        assertThat(waiting.action()).isInstanceOf(Nothing.class);
        assertThat(readyReason(waiting)).isEqualTo("ResourceClaimNotFound");
        assertThat(plan(Samples.with(vm(), waiting.status()), null, read(OBJECTS))
                        .action())
                .isInstanceOf(CreatePod.class);
    }

    @Test
    void refusesBeforeAnyPodWhatIsNotOneDevice() {
        VmPlan plan =
                plan(vm(), null, read(template("one-gpu", "{name: gpu, exactly: {deviceClassName: a100, count: 2}}")));

        assertThat(plan.action()).isInstanceOf(Nothing.class);
        assertThat(readyReason(plan)).isEqualTo("ResourceClaimNotSupported");
        assertThat(plan.status().conditions())
                .anySatisfy(condition -> assertThat(condition.getType()).isEqualTo("Stalled"));
    }

    @Test
    void reportsTheSchedulersMessageWithTheDevicesOfTheClass() {
        Pod pod = Samples.unschedulable(made(), "0/1 nodes are available: cannot allocate all claims.");

        VmPlan plan = plan(bound(), pod, read(OBJECTS));

        assertThat(message(plan.status(), "DevicesAllocated"))
                .isEqualTo(
                        "ResourceClaimTemplate one-gpu is not allocated: 1 of 1 devices of DeviceClass a100 on 1 nodes are free; the scheduler reports: 0/1 nodes are available: cannot allocate all claims.");
        assertThat(readyReason(plan)).isEqualTo("ResourceClaimNotAllocated");
    }

    @Test
    void reportsTheDriversMessageAndLooksAgain() {
        Pod pod = on(made());

        VmPlan quiet = plan(bound(), pod, read(OBJECTS));
        VmPlan failed = plan(
                bound(),
                pod,
                DraObjects.read(
                        Map.of(),
                        Optional.of(
                                "NodePrepareResources failed for ResourceClaim gpu-vm-gpu-x: 0000:01:00.0 is quarantined"),
                        OBJECTS));

        assertThat(quiet.recheck()).hasValue(NOW.plusSeconds(15));
        assertThat(failed.recheck()).hasValue(NOW.plusSeconds(15));
        assertThat(readyReason(failed)).isEqualTo("PrepareFailed");
        assertThat(readyMessage(failed))
                .isEqualTo(
                        "the kubelet of node node-1 cannot prepare the devices of pod gpu-vm: NodePrepareResources failed for ResourceClaim gpu-vm-gpu-x: 0000:01:00.0 is quarantined; it tries again");
    }

    @Test
    void reportsADriverThatDoesNotReleaseItsDevices() {
        Pod ended = leaving(NOW.minusSeconds(60).toString());

        VmPlan plan = plan(bound(), ended, read(OBJECTS));

        assertThat(message(plan.status(), "DevicesAllocated"))
                .isEqualTo(
                        "QEMU has ended, but node node-1 keeps pod gpu-vm until the driver of its claims has released the devices; check that the agent, or the other driver, runs on that node");
        // A usual end is over before it is worth a message.
        VmPlan usual = plan(bound(), leaving(NOW.minusSeconds(1).toString()), read(OBJECTS));
        assertThat(message(usual.status(), "DevicesAllocated")).startsWith("pod gpu-vm is being deleted");
        assertThat(usual.recheck()).hasValue(NOW.plusSeconds(29));
    }

    @Test
    void reportsWhyDraDoesNotOfferAnExtendedResource() {
        Cause dropped = new Cause(Reason.ExtendedResourceDropped, "the API server dropped it");
        PassthroughVM vm = Samples.vm();
        Pod pod = Samples.pod("pod-1");
        vm = Samples.with(vm, PlanFixtures.plan(vm, pod).status());

        VmPlan plan = plan(
                vm,
                Samples.unschedulable(pod, "0/1 nodes: Insufficient holdfast.dev/test-gpu."),
                DynamicResources.empty(State.READ, Map.of("holdfast.dev/test-gpu", dropped), Optional.empty()));

        assertThat(readyReason(plan)).isEqualTo("ExtendedResourceDropped");
    }

    @Test
    void givesThePodMemoryForTheLargestDeviceOfTheClass() {
        assertThat(bars(OBJECTS)).isEqualTo("claim/gpu=65536Mi");
        assertThat(bars(template("one-gpu", ONE), own("a100"))).isEqualTo("claim/gpu=262144Mi assumed");
        assertThat(bars(
                        template("one-gpu", ONE),
                        DraObjects.deviceClass("a100", "device.driver == 'gpu.example.com'"),
                        slice("gpu.example.com", "node-1", 1, "x", "16Gi", "80Gi"),
                        slice("other.example.com", "node-1", 1, "x", "512Gi")))
                .isEqualTo("claim/gpu=81920Mi");
        // A node is not trusted with more than BarSizes.MAX_BYTES.
        assertThat(bars(template("one-gpu", ONE), own("a100"), slice(Names.DRA_DRIVER, "node-1", 1, "a100", "900Ti")))
                .isEqualTo("claim/gpu=1048576Mi");
        // One unknown alternative, and the assumption counts.
        assertThat(bars(
                        template(
                                "one-gpu",
                                "{name: gpu, firstAvailable: [{name: a, deviceClassName: a100}, {name: b, deviceClassName: b}]}"),
                        own("a100"),
                        OBJECTS[2]))
                .isEqualTo("claim/gpu=262144Mi assumed");
    }

    @Test
    void recreatesAPodThatIsTooSmallForALargerDevice() {
        HasMetadata[] larger = {OBJECTS[0], OBJECTS[1], slice(Names.DRA_DRIVER, "node-1", 1, "a100", "128Gi")};
        Optional<Cause> none = BarGrowth.of(made(), new ReadOnce(vm().getSpec()), ReportedNodes.none(), read(OBJECTS));
        Optional<Cause> grown = BarGrowth.of(made(), new ReadOnce(vm().getSpec()), ReportedNodes.none(), read(larger));

        assertThat(none).isEmpty();
        assertThat(grown)
                .hasValue(
                        new Cause(
                                Reason.PodTooSmall,
                                "claim gpu may allocate a device with BARs of 128.0Gi, but the memory of pod gpu-vm allows page tables only for 64.0Gi; the pod is created again"));
    }

    private static String bars(HasMetadata... objects) {
        CreatePod create = (CreatePod) plan(vm(), null, read(objects)).action();
        return Objects.requireNonNull(
                create.pod().getMetadata().getAnnotations().get(BarOverhead.ANNOTATION));
    }

    private static PassthroughVM vm() {
        return Samples.vm("""
                memory: {guest: 128Mi}
                resourceClaims: [{name: gpu, resourceClaimTemplateName: one-gpu}]
                devices: {gpus: [{name: gpu0, claimName: gpu}]}
                """);
    }

    private static Pod made() {
        CreatePod create = (CreatePod) plan(vm(), null, read(OBJECTS)).action();
        return new PodBuilder(create.pod())
                .editMetadata()
                .withUid("pod-1")
                .withCreationTimestamp(NOW.minusSeconds(60).toString())
                .endMetadata()
                .withNewStatus()
                .withPhase("Pending")
                .endStatus()
                .build();
    }

    private static PassthroughVM bound() {
        return Samples.with(vm(), plan(vm(), made(), read(OBJECTS)).status());
    }

    private static Pod on(Pod pod) {
        return new PodBuilder(pod).editSpec().withNodeName("node-1").endSpec().build();
    }

    private static Pod leaving(String finishedAt) {
        return new PodBuilder(on(made()))
                .editMetadata()
                .withDeletionTimestamp(NOW.toString())
                .endMetadata()
                .editStatus()
                .addNewContainerStatus()
                .withName(Names.QEMU_CONTAINER)
                .withNewState()
                .withNewTerminated()
                .withExitCode(0)
                .withFinishedAt(finishedAt)
                .endTerminated()
                .endState()
                .endContainerStatus()
                .endStatus()
                .build();
    }

    private static VmPlan plan(PassthroughVM vm, @Nullable Pod pod, DynamicResources dynamic) {
        return Samples.planned(ObservedStates.of(vm, pod).with(dynamic), DEFAULTS, NOW);
    }
}
