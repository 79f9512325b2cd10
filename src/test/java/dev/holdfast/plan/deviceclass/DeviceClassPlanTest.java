package dev.holdfast.plan.deviceclass;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.deviceclass.PassthroughDeviceClass;
import dev.holdfast.plan.deviceclass.DeviceClassPlan.Step;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceClass;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceClassBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The DeviceClass of a PassthroughDeviceClass, and what is reported of it. */
final class DeviceClassPlanTest {
    private static final PassthroughDeviceClass DRA = own("DRA");
    private static final DeviceClass KEPT = created("2026-11-29T12:00:00Z", DeviceClassPlan.wanted(DRA));

    @Test
    void makesAClassThatSelectsDriverAndAttribute() {
        assertThat(Serialization.asYaml(DeviceClassPlan.wanted(DRA))).isEqualTo("""
                ---
                apiVersion: "resource.k8s.io/v1"
                kind: "DeviceClass"
                metadata:
                  name: "a100"
                  ownerReferences:
                  - apiVersion: "holdfast.dev/v1alpha1"
                    kind: "PassthroughDeviceClass"
                    controller: true
                    name: "a100"
                    uid: "uid-a"
                spec:
                  extendedResourceName: "holdfast.dev/a100"
                  selectors:
                  - cel:
                      expression: "device.driver == 'vfio.holdfast.dev' && device.attributes['vfio.holdfast.dev'].deviceClass\\
                        \\ == 'a100'"
                """);
    }

    @Test
    void createsKeepsAndDeletesItsClass() {
        assertThat(step(DRA)).isEqualTo(Step.CREATE);
        assertThat(step(DRA, KEPT)).isEqualTo(Step.NOTHING);
        assertThat(step(own("DevicePlugin"), KEPT)).isEqualTo(Step.DELETE);
        assertThat(step(own("DevicePlugin"))).isEqualTo(Step.NOTHING);
        assertThat(DeviceClassPlan.of(own("DevicePlugin"), List.of(KEPT), false).verdicts())
                .isEmpty();
        assertThat(conditions(DRA, false, KEPT))
                .containsExactly(
                        "DeviceClassReady True DeviceClassKept: DeviceClass a100 selects the devices of this class that driver vfio.holdfast.dev offers",
                        "ExtendedResourceReady True ExtendedResourceOffered: pods can request the devices by extended resource holdfast.dev/a100");
    }

    @Test
    void overwritesWhatSomebodyHasChanged() {
        DeviceClass selector = edit().editSpec()
                .editFirstSelector()
                .editCel()
                .withExpression("true")
                .endCel()
                .endSelector()
                .endSpec()
                .build();
        DeviceClass resource = edit().editSpec()
                .withExtendedResourceName("example.com/gpu")
                .endSpec()
                .build();
        DeviceClass removed =
                edit().editSpec().withExtendedResourceName(null).endSpec().build();
        DeviceClass owner = edit().editMetadata()
                .editFirstOwnerReference()
                .withController(false)
                .endOwnerReference()
                .endMetadata()
                .build();

        assertThat(Stream.of(selector, resource, removed, owner).map(changed -> step(DRA, changed)))
                .containsOnly(Step.APPLY);
        // Parameters for drivers are an administrator's, and labels too.
        assertThat(step(
                        DRA,
                        edit().editSpec().addNewConfig().endConfig().endSpec().build()))
                .isEqualTo(Step.NOTHING);
    }

    /** An apply leaves a field of another writer as it is, so it would be repeated without end. */
    @Test
    void acceptsWhatAnApplyCannotChange() {
        assertThat(step(
                        DRA,
                        edit().editMetadata()
                                .editFirstOwnerReference()
                                .withBlockOwnerDeletion(true)
                                .endOwnerReference()
                                .endMetadata()
                                .build()))
                .isEqualTo(Step.NOTHING);
    }

    @Test
    void neverChangesAClassOfAnotherOwner() {
        DeviceClass former = edit().editMetadata()
                .editFirstOwnerReference()
                .withUid("uid-of-a-former-class")
                .endOwnerReference()
                .endMetadata()
                .build();
        DeviceClass foreign =
                edit().editMetadata().withOwnerReferences().endMetadata().build();

        for (DeviceClass taken : List.of(former, foreign)) {
            assertThat(step(DRA, taken)).isEqualTo(Step.NOTHING);
            assertThat(step(own("DevicePlugin"), taken)).isEqualTo(Step.NOTHING);
            assertThat(conditions(DRA, false, taken))
                    .first()
                    .isEqualTo(
                            "DeviceClassReady False DeviceClassTaken: DeviceClass a100 exists and does not belong to this PassthroughDeviceClass; delete it, or give one of them another name");
        }
    }

    @Test
    void reportsAServerWithoutDra() {
        assertThat(words(DeviceClassPlan.notServed(DRA)))
                .hasSize(2)
                .first()
                .isEqualTo(
                        "DeviceClassReady False DRANotAvailable: the API server had no resource.k8s.io/v1 when the operator started, but allocation DRA requires it; update the cluster to Kubernetes 1.34 or later and restart the operator, or set spec.allocation to DevicePlugin");
        assertThat(DeviceClassPlan.notServed(own("DevicePlugin")).verdicts()).isEmpty();
    }

    @Test
    void reportsAServerThatDropsTheExtendedResource() {
        DeviceClass stored =
                edit().editSpec().withExtendedResourceName(null).endSpec().build();

        assertThat(DeviceClassPlan.of(DRA, List.of(stored), true).step()).isEqualTo(Step.NOTHING);
        assertThat(conditions(DRA, true, stored))
                .last()
                .isEqualTo(
                        "ExtendedResourceReady False ExtendedResourceDropped: the API server dropped extendedResourceName holdfast.dev/a100 from DeviceClass a100, so deviceName cannot be used; update to Kubernetes 1.36 or later, enable the feature gate DRAExtendedResource, or use claimName in VMs");
    }

    @ParameterizedTest
    @CsvSource({
        "2026-11-29T12:00:01Z, zzz, zzz",
        "2026-11-29T11:59:59Z, aaa, a100",
        "2026-11-29T12:00:00Z, aaa, a100",
        "2026-11-29T12:00:00Z, a10, a10",
    })
    void namesTheWinnerOfASharedExtendedResource(String created, String name, String winner) {
        DeviceClass stranger = created(
                created,
                new DeviceClassBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .endMetadata()
                        .withNewSpec()
                        .withExtendedResourceName("holdfast.dev/a100")
                        .endSpec()
                        .build());

        assertThat(conditions(DRA, false, KEPT, stranger))
                .last()
                .isEqualTo(
                        "ExtendedResourceReady %s ExtendedResourceShared: DeviceClass %s has the same extendedResourceName holdfast.dev/a100; the scheduler uses DeviceClass %s, as the class that was created last wins; remove extendedResourceName from DeviceClass %s"
                                .formatted(winner.equals("a100") ? "True" : "False", name, winner, name));
    }

    private static Step step(PassthroughDeviceClass own, DeviceClass... present) {
        return DeviceClassPlan.of(own, List.of(present), false).step();
    }

    private static List<String> conditions(PassthroughDeviceClass own, boolean dropped, DeviceClass... present) {
        return words(DeviceClassPlan.of(own, List.of(present), dropped));
    }

    private static List<String> words(DeviceClassPlan plan) {
        return plan.verdicts().stream()
                .map(verdict -> "%s %s %s: %s"
                        .formatted(
                                verdict.type(),
                                verdict.status(),
                                verdict.cause().reason(),
                                verdict.cause().message()))
                .toList();
    }

    private static DeviceClassBuilder edit() {
        return new DeviceClassBuilder(KEPT);
    }

    private static DeviceClass created(String time, DeviceClass deviceClass) {
        return new DeviceClassBuilder(deviceClass)
                .editMetadata()
                .withCreationTimestamp(time)
                .endMetadata()
                .build();
    }

    private static PassthroughDeviceClass own(String allocation) {
        return Serialization.unmarshal("""
                apiVersion: holdfast.dev/v1alpha1
                kind: PassthroughDeviceClass
                metadata: {name: a100, uid: uid-a}
                spec: {selectors: [{vendorID: 10de}], allocation: %s}
                """.formatted(allocation), PassthroughDeviceClass.class);
    }
}
