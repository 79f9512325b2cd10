package dev.holdfast.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaimBuilder;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** The content of the caches. */
final class TrimmedItemStoreTest {
    private final ItemStore<Pod> pods = TrimmedItemStore.ofPods();

    @Test
    void keepsOnlyTheNameOfAPodOfAnotherOwner() {
        Pod held = held(owner("apps/v1", "ReplicaSet", true));

        assertThat(held)
                .isEqualTo(new PodBuilder()
                        .withNewMetadata()
                        .withNamespace("ns")
                        .withName("a")
                        .withUid("uid")
                        .withResourceVersion("7")
                        .endMetadata()
                        .build());
    }

    @Test
    void keepsOnlyTheNameOfAPodThatAVmOwnsButDoesNotControl() {
        assertThat(held(owner("holdfast.dev/v1alpha1", "PassthroughVM", false)).getSpec())
                .isNull();
    }

    @Test
    void keepsOnlyTheControllerOfAPodOfAVm() {
        OwnerReference vm = owner("holdfast.dev/v1alpha1", "PassthroughVM", true);

        Pod held = held(owner("example.com/v1", "Other", false), vm);

        assertThat(held.getSpec().getNodeName()).isEqualTo("node");
        assertThat(held.getMetadata().getAnnotations()).containsKey("notes");
        assertThat(held.getMetadata().getOwnerReferences()).containsExactly(vm);
    }

    @Test
    void keepsOnlyThePodOfTheOwnersOfAClaim() {
        OwnerReference pod = owner("v1", "Pod", true);
        ItemStore<ResourceClaim> claims = TrimmedItemStore.ofDynamicResources();
        claims.put(
                "ns/a",
                new ResourceClaimBuilder()
                        .withNewMetadata()
                        .withNamespace("ns")
                        .withName("a")
                        .withOwnerReferences(owner("example.com/v1", "Other", false), pod, owner("v1", "Pod", false))
                        .endMetadata()
                        .build());

        assertThat(Objects.requireNonNull(claims.get("ns/a")).getMetadata().getOwnerReferences())
                .containsExactly(pod);
    }

    private Pod held(OwnerReference... owners) {
        Pod pod = new PodBuilder()
                .withNewMetadata()
                .withNamespace("ns")
                .withName("a")
                .withUid("uid")
                .withResourceVersion("7")
                .addToAnnotations("notes", "long")
                .withOwnerReferences(owners)
                .endMetadata()
                .withNewSpec()
                .withNodeName("node")
                .endSpec()
                .build();
        pods.put("ns/a", pod);
        return Objects.requireNonNull(pods.get("ns/a"));
    }

    private static OwnerReference owner(String apiVersion, String kind, boolean controller) {
        return new OwnerReferenceBuilder()
                .withApiVersion(apiVersion)
                .withKind(kind)
                .withName("a")
                .withUid("uid-of-owner")
                .withController(controller)
                .build();
    }
}
