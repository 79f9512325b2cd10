package dev.holdfast.testbed;

import dev.holdfast.api.node.Device;
import dev.holdfast.api.node.DeviceState;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.node.PassthroughNodeStatus;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Requests of demo and tests to the API server: those of a user about VMs in the namespace {@code default}, and those of an
 * administrator about the rest.
 */
public record ApiServer(KubernetesClient admin, KubernetesClient user) {

    /** Creates every object of a file, as the administrator. */
    public void install(Path file) {
        create(admin, file);
    }

    /** Creates every object of a file, as the user. */
    public void apply(Path file) {
        create(user, file);
    }

    private static void create(KubernetesClient client, Path file) {
        try (var content = Files.newInputStream(file)) {
            client.load(content)
                    .items()
                    .forEach(object -> client.resource(object).create());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Creates the object as the user. */
    public void apply(HasMetadata object) {
        user.resource(object).create();
    }

    /** All VMs of the user. */
    public void deleteVms() {
        user.resources(PassthroughVM.class).inNamespace("default").delete();
    }

    public void deleteVm(String name) {
        user.resources(PassthroughVM.class)
                .inNamespace("default")
                .withName(name)
                .delete();
    }

    public Optional<PassthroughVM> vm(String name) {
        return Optional.ofNullable(user.resources(PassthroughVM.class)
                .inNamespace("default")
                .withName(name)
                .get());
    }

    public Optional<Pod> pod(String name) {
        return Optional.ofNullable(
                user.pods().inNamespace("default").withName(name).get());
    }

    public List<Pod> holdfastsPods() {
        return admin.pods().inNamespace(Stage.NAMESPACE).list().getItems();
    }

    public Optional<PassthroughNode> passthroughNode() {
        return Optional.ofNullable(
                admin.resources(PassthroughNode.class).withName(Stage.NODE).get());
    }

    public boolean nodeIsReady() {
        return Optional.ofNullable(admin.nodes().withName(Stage.NODE).get()).map(Node::getStatus).stream()
                .flatMap(status -> status.getConditions().stream())
                .anyMatch(condition -> "Ready".equals(condition.getType()) && "True".equals(condition.getStatus()));
    }

    /** Returns the versions of all objects that show progress: different when one of them was written. */
    public List<String> versions() {
        return Stream.of(
                        admin.resources(PassthroughNode.class).list().getItems(),
                        admin.resources(PassthroughVM.class)
                                .inAnyNamespace()
                                .list()
                                .getItems(),
                        admin.pods().inAnyNamespace().list().getItems())
                .flatMap(List::stream)
                .map(object -> object.getMetadata().getUid() + ":"
                        + object.getMetadata().getResourceVersion())
                .toList();
    }

    /** The devices that the agent reports; none before its first report. */
    public Stream<Device> devices() {
        return passthroughNode().map(PassthroughNode::getStatus).map(PassthroughNodeStatus::devices).stream()
                .flatMap(List::stream);
    }

    /** Returns the number of IOMMU groups that can be allocated now. */
    public long freeGroups() {
        return devices()
                .filter(device -> device.state() == DeviceState.Free)
                .map(Device::groupID)
                .distinct()
                .count();
    }

    /** Returns the number of grants that the agent reports. */
    public long grants() {
        return passthroughNode().map(PassthroughNode::getStatus).map(PassthroughNodeStatus::grants).stream()
                .mapToLong(List::size)
                .sum();
    }

    /** A condition of a VM, when it has a status yet. */
    public Optional<Condition> condition(String vm, String type) {
        return vm(vm).map(PassthroughVM::getStatus).map(PassthroughVMStatus::conditions).stream()
                .flatMap(List::stream)
                .filter(condition -> type.equals(condition.getType()))
                .findFirst();
    }

    /** Ends a wait that cannot succeed because the VM's pod failed or was started again. */
    public void checkNotFailed(String vm) {
        vm(vm).map(PassthroughVM::getStatus)
                .filter(status -> status.phase() == PassthroughVMStatus.Phase.Failed
                        || Objects.requireNonNullElse(status.restarts(), 0) > 0)
                .ifPresent(status -> {
                    throw new IllegalStateException("the VM failed: " + status.conditions());
                });
    }
}
