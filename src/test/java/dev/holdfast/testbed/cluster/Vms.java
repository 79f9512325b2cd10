package dev.holdfast.testbed.cluster;

import dev.holdfast.api.Names;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.api.vm.RunStrategy;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The VMs of one namespace, as a client sees them. */
public record Vms(KubernetesClient client, String namespace) {

    /** The smallest machine: one GPU of a class. */
    public static PassthroughVM sample(String name, String deviceClass) {
        return Serialization.unmarshal("""
                apiVersion: holdfast.dev/v1alpha1
                kind: PassthroughVM
                metadata: {name: %s}
                spec:
                  memory: {guest: 128Mi}
                  devices:
                    gpus: [{name: gpu0, deviceName: %s}]
                """.formatted(name, Names.resourceOf(deviceClass)), PassthroughVM.class);
    }

    public PassthroughVM create(String name, String deviceClass) {
        return client.resource(sample(name, deviceClass)).inNamespace(namespace).create();
    }

    public Resource<PassthroughVM> resource(String name) {
        return client.resources(PassthroughVM.class).inNamespace(namespace).withName(name);
    }

    public PassthroughVM get(String name) {
        return Objects.requireNonNull(resource(name).get(), name + " is gone");
    }

    /** Changes the run strategy by a merge patch, as kubectl does. */
    public void run(String name, RunStrategy strategy) {
        resource(name)
                .patch(
                        PatchContext.of(PatchType.JSON_MERGE),
                        "{\"spec\":{\"runStrategy\":\"%s\"}}".formatted(strategy));
    }

    public Optional<PassthroughVMStatus> status(String name) {
        return Optional.ofNullable(resource(name).get()).map(PassthroughVM::getStatus);
    }

    @Nullable
    public Phase phase(String name) {
        return status(name).map(PassthroughVMStatus::phase).orElse(null);
    }

    /** Why it is, or is not, ready; empty without a status. */
    public String readyReason(String name) {
        return status(name).map(PassthroughVMStatus::conditions).stream()
                .flatMap(List::stream)
                .filter(condition -> condition.getType().equals("Ready")
                        || condition.getType().equals("Stopped"))
                .map(Condition::getReason)
                .findFirst()
                .orElse("");
    }

    /** Returns the message of the condition; empty without a status. */
    public String readyMessage(String name) {
        return status(name).map(PassthroughVMStatus::conditions).stream()
                .flatMap(List::stream)
                .filter(condition -> condition.getType().equals("Ready")
                        || condition.getType().equals("Stopped"))
                .map(Condition::getMessage)
                .findFirst()
                .orElse("");
    }

    @Nullable
    public Pod pod(String name) {
        return client.pods().inNamespace(namespace).withName(name).get();
    }

    /** Empty when there is no pod. */
    public String podUid(String name) {
        Pod pod = pod(name);
        return pod == null ? "" : pod.getMetadata().getUid();
    }

    /** Returns whether the VM's pod has the plan that was computed for it. */
    public boolean isBound(String name) {
        return !podUid(name).isEmpty()
                && status(name)
                        .map(PassthroughVMStatus::podUID)
                        .filter(podUid(name)::equals)
                        .isPresent();
    }

    public List<Event> events() {
        return client.events().v1().events().inNamespace(namespace).list().getItems();
    }
}
