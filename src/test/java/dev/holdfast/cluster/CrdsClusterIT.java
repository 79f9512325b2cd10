package dev.holdfast.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testbed.cluster.OnRealCluster;
import dev.holdfast.testbed.cluster.RealCluster;
import dev.holdfast.testbed.cluster.TestNamespace;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionCondition;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Our kinds, as the API server and kubectl show them. */
@OnRealCluster
class CrdsClusterIT {
    private final RealCluster cluster;

    CrdsClusterIT(RealCluster cluster) {
        this.cluster = cluster;
    }

    @ParameterizedTest
    @ValueSource(strings = {"passthroughvms", "passthroughnodes", "passthroughdeviceclasses"})
    void isEstablishedWithAStructuralSchemaAndItsNames(String plural) {
        CustomResourceDefinition crd = cluster.admin()
                .apiextensions()
                .v1()
                .customResourceDefinitions()
                .withName(plural + ".holdfast.dev")
                .get();

        assertThat(crd).isNotNull();
        List<CustomResourceDefinitionCondition> conditions = crd.getStatus().getConditions();
        assertThat(conditions)
                .filteredOn(condition -> condition.getStatus().equals("True"))
                .extracting(CustomResourceDefinitionCondition::getType)
                .contains("Established", "NamesAccepted")
                .doesNotContain("NonStructuralSchema", "KubernetesAPIApprovalPolicyConformant");
    }

    @ParameterizedTest
    @CsvSource({
        "ptvm.spec.memory.guest, RAM of the guest",
        "ptvm.spec.devices.gpus, Each entry is one whole IOMMU group",
        "ptvm.status.memlock.limitBytes, The limit that the agent applies",
        "ptclass.spec.selectors, its whole IOMMU group belongs to the class",
        "ptnode.status.devices, PCI",
    })
    void explainsItsFields(String path, String message) {
        assertThat(cluster.kubectl().run("explain", path).replaceAll("\\s+", " "))
                .contains(message);
    }

    @Test
    void isListedByItsShortNamesAndInAll(TestNamespace namespace) {
        assertThat(cluster.kubectl()
                        .run("api-resources", "--api-group=holdfast.dev", "--no-headers")
                        .lines())
                .map(line -> line.replaceAll("\\s+", " "))
                .containsExactlyInAnyOrder(
                        "passthroughdeviceclasses ptclass holdfast.dev/v1alpha1 false PassthroughDeviceClass",
                        "passthroughnodes ptnode holdfast.dev/v1alpha1 false PassthroughNode",
                        "passthroughvms ptvm holdfast.dev/v1alpha1 true PassthroughVM");
    }
}
