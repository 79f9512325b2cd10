package dev.holdfast.testbed.node;

import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.testbed.VmFiles;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** The user's VMs on the real node. */
public record NodeVms(RealNode node) {
    /** The GPU with an audio function in its group. */
    public static final String DEMO_GPU = "holdfast.dev/demo-gpu";

    /** The GPU that is alone in its group. */
    public static final String RADEON = "holdfast.dev/radeon";

    /** The machine of {@code examples/gpu-vm.yaml} under another name, with firmware alone. */
    public PassthroughVM create(String name, String device) {
        PassthroughVM vm =
                VmFiles.withoutGuest(VmFiles.read(node.cluster().build().root().resolve("examples/gpu-vm.yaml")));
        vm.getMetadata().setName(name);
        vm = VmFiles.withDevice(vm, device);
        node.api().apply(vm);
        return node.api().vm(name).orElseThrow();
    }

    /** Waits until QEMU runs, with its limit applied and its memory locked. */
    public PassthroughVMStatus awaitRunning(String name) {
        return node.await(name + " runs with its memory locked")
                .until(
                        () -> {
                            node.api().checkNotFailed(name);
                            return status(name);
                        },
                        status -> status.filter(NodeVms::isRunning).isPresent())
                .orElseThrow();
    }

    /** Waits likewise for a VM whose pod may be rejected or end meanwhile. */
    public PassthroughVMStatus awaitRunningInTheEnd(String name) {
        return node.await(name + " runs in the end")
                .until(
                        () -> status(name),
                        status -> status.filter(NodeVms::isRunning).isPresent())
                .orElseThrow();
    }

    /** Waits until the container of the VM's pod has started: the launcher runs and requests its grant. */
    public void awaitLauncher(String name) {
        node.await("the launcher of " + name + " runs")
                .until(() -> node.api().pod(name).stream()
                        .flatMap(pod -> pod.getStatus().getContainerStatuses().stream())
                        .anyMatch(container -> container.getState().getRunning() != null));
    }

    public String podUid(String name) {
        return node.api().pod(name).orElseThrow().getMetadata().getUid();
    }

    static boolean isRunning(PassthroughVMStatus status) {
        return status.phase() == Phase.Running
                && status.memlock() != null
                && status.memlock().lockedBytes() != null;
    }

    public Optional<PassthroughVMStatus> status(String name) {
        return node.api().vm(name).map(PassthroughVM::getStatus);
    }

    public Pod awaitPod(String name) {
        return node.await("the operator has made the pod of " + name)
                .until(() -> node.api().pod(name), Optional::isPresent)
                .orElseThrow();
    }

    /** Deletes as the user, without waiting for the end. */
    public void delete(String name) {
        node.api().deleteVm(name);
    }

    public void awaitGone(String name) {
        node.await(name + " and its pod are gone").until(() -> isGone(name));
    }

    public boolean isGone(String name) {
        return node.api().vm(name).isEmpty() && node.api().pod(name).isEmpty();
    }

    /** The process of its QEMU, on the node. */
    public long qemuPid(String name) {
        return node.qemuPid(podUid(name)).orElseThrow(() -> new AssertionError("no QEMU runs in the pod of " + name));
    }

    /** Returns the Events of one object, oldest first. */
    public List<Event> events(String uid) {
        return node.api().admin().v1().events().inNamespace("default").list().getItems().stream()
                .filter(event -> uid.equals(event.getInvolvedObject().getUid()))
                .toList();
    }

    public List<Event> warnings(String uid) {
        return events(uid).stream()
                .filter(event -> Objects.equals("Warning", event.getType()))
                .toList();
    }
}
