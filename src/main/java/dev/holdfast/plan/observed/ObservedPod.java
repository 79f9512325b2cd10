package dev.holdfast.plan.observed;

import dev.holdfast.plan.machine.Given;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodResourceClaim;
import io.fabric8.kubernetes.api.model.PodResourceClaimStatus;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.Volume;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** A pod as read from the API server. Times are texts of other writers, which may be invalid RFC 3339. */
public final class ObservedPod {
    private final Pod pod;
    private final PodStatus status;

    /** Reads a pod, with or without a status. */
    public ObservedPod(Pod pod) {
        this.pod = pod;
        this.status = Given.of(pod.getStatus()).orElseGet(PodStatus::new);
    }

    /** Returns the UID. */
    public String uid() {
        return pod.getMetadata().getUid();
    }

    /** Returns the creation time; empty only for a pod that was not sent to an API server. */
    public Optional<String> created() {
        return Given.of(pod.getMetadata().getCreationTimestamp());
    }

    /** Returns the value of an annotation. */
    public Optional<String> annotation(String key) {
        return Given.of(pod.getMetadata(), ObjectMeta::getAnnotations, annotations -> annotations.get(key));
    }

    /** Returns the node that the scheduler has chosen. */
    public Optional<String> node() {
        return Given.of(pod.getSpec().getNodeName()).filter(node -> !node.isEmpty());
    }

    /** Returns the phase; Pending while none is reported. */
    public String phase() {
        return Given.of(status.getPhase()).orElse("Pending");
    }

    /** Returns the reason in the status of the pod. */
    public Optional<String> reason() {
        return Given.of(status.getReason());
    }

    /** Returns the message in the status of the pod. */
    public Optional<String> message() {
        return Given.of(status.getMessage());
    }

    /** Returns the IP address of the pod. */
    public Optional<String> ip() {
        return Given.of(status.getPodIP()).filter(ip -> !ip.isEmpty());
    }

    /** Returns the condition of this type with any status. */
    public Optional<PodCondition> condition(String type) {
        return status.getConditions().stream()
                .filter(condition -> type.equals(condition.getType()))
                .findFirst();
    }

    /** Returns the condition of this type if it has this status. */
    public Optional<PodCondition> condition(String type, String wanted) {
        return condition(type).filter(condition -> wanted.equals(condition.getStatus()));
    }

    /** Returns the state of a container by its name, because admission may inject containers before it. */
    public Optional<ContainerState> container(String name) {
        return status.getContainerStatuses().stream()
                .filter(container -> name.equals(container.getName()))
                .findFirst()
                .map(ContainerStatus::getState);
    }

    /** Lists the names of the containers in the spec, without init containers and therefore without native sidecars. */
    public List<String> containers() {
        return pod.getSpec().getContainers().stream().map(Container::getName).toList();
    }

    /** Returns the names of the volumes in the spec. */
    public Set<String> volumes() {
        return pod.getSpec().getVolumes().stream().map(Volume::getName).collect(Collectors.toSet());
    }

    /** Returns the names of the resource claims in the spec. */
    public Set<String> resourceClaims() {
        return pod.getSpec().getResourceClaims().stream()
                .map(PodResourceClaim::getName)
                .collect(Collectors.toSet());
    }

    /** Returns the names of the claims that were created for the pod from templates, by their name in the pod. */
    public Map<String, String> generatedClaims() {
        return status.getResourceClaimStatuses().stream()
                .filter(claim -> claim.getResourceClaimName() != null)
                .collect(Collectors.toMap(
                        PodResourceClaimStatus::getName,
                        PodResourceClaimStatus::getResourceClaimName,
                        (first, second) -> first));
    }

    /** Returns whether devices of the pod come from claims, its own or one that the scheduler has made. */
    public boolean hasResourceClaims() {
        return Given.of(pod.getSpec())
                        .filter(spec -> !spec.getResourceClaims().isEmpty())
                        .isPresent()
                || Given.of(status.getExtendedResourceClaimStatus()).isPresent();
    }

    /** Returns the names of the containers that are reported as terminated. */
    public Set<String> terminatedContainers() {
        return status.getContainerStatuses().stream()
                .filter(container -> Given.of(container.getState(), ContainerState::getTerminated)
                        .isPresent())
                .map(ContainerStatus::getName)
                .collect(Collectors.toSet());
    }
}
