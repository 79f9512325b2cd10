package dev.holdfast.plan.pod;

import static dev.holdfast.plan.claims.DraObjects.claim;
import static dev.holdfast.plan.claims.DraObjects.deviceClass;
import static dev.holdfast.plan.claims.DraObjects.own;
import static dev.holdfast.plan.claims.DraObjects.read;
import static dev.holdfast.plan.claims.DraObjects.template;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.plan.claims.DynamicResources;
import dev.holdfast.plan.machine.MachineSpec;
import dev.holdfast.plan.observed.ReportedNodes;
import dev.holdfast.testbed.fixtures.Samples;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A cluster with the DeviceClasses a100 of Holdfast, gpu.nvidia.com of another driver, and one that nobody can read. */
class GrantResourceTest {
    private static final String TEMPLATED =
            "{gpus: [{name: gpu0, claimName: gpu}]}, resourceClaims: [{name: gpu, resourceClaimTemplateName: gpus}]";

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{name: gpu, exactly: {deviceClassName: a100}} | false",
                "{name: gpu, exactly: {deviceClassName: gpu.nvidia.com}} | true",
                "{name: gpu, exactly: {deviceClassName: mixed}} | true",
                "{name: gpu, exactly: {deviceClassName: not-there}} | true",
                "{name: gpu, exactly: {}} | true",
                "{name: gpu, firstAvailable: [{name: a, deviceClassName: a100}, {name: b, deviceClassName: a100}]} | false",
                "{name: gpu, firstAvailable: [{name: a, deviceClassName: a100}, {name: b, deviceClassName: gpu.nvidia.com}]} | true",
            })
    void isRequiredUnlessTheDeviceClassesExcludeOtherDrivers(String request, boolean required) {
        assertThat(limits(TEMPLATED, cluster(request)).containsKey("holdfast.dev/grant"))
                .isEqualTo(required);
    }

    @Test
    void isRequiredOnceForSeveralDevices() {
        String devices =
                "{gpus: [{name: a, claimName: gpu, requestName: a}, {name: b, claimName: gpu, requestName: b}]},"
                        + " resourceClaims: [{name: gpu, resourceClaimTemplateName: gpus}]";
        String requests =
                "{name: a, exactly: {deviceClassName: gpu.nvidia.com}}, {name: b, exactly: {deviceClassName: gpu.nvidia.com}}";

        ResourceRequirements resources = resources(devices, cluster(requests));

        assertThat(resources.getLimits()).containsEntry("holdfast.dev/grant", new Quantity("1"));
        assertThat(resources.getRequests()).containsEntry("holdfast.dev/grant", new Quantity("1"));
    }

    @Test
    void looksOnlyAtTheRequestOfTheDevice() {
        String devices = "{gpus: [{name: a, claimName: gpu, requestName: a}]},"
                + " resourceClaims: [{name: gpu, resourceClaimTemplateName: gpus}]";
        String requests =
                "{name: a, exactly: {deviceClassName: a100}}, {name: b, exactly: {deviceClassName: gpu.nvidia.com}}";

        assertThat(limits(devices, cluster(requests))).doesNotContainKey("holdfast.dev/grant");
    }

    @Test
    void isRequiredForAClaimByName() {
        String devices =
                "{gpus: [{name: gpu0, claimName: gpu}]}, resourceClaims: [{name: gpu, resourceClaimName: shared}]";
        DynamicResources dynamic =
                read(claim("shared", "{name: gpu, exactly: {deviceClassName: gpu.nvidia.com}}", ""), own("a100"));

        assertThat(limits(devices, dynamic)).containsKey("holdfast.dev/grant");
    }

    @Test
    void isNotRequiredForDevicesOfAClassAlone() {
        assertThat(limits("{gpus: [{name: gpu0, deviceName: holdfast.dev/a100}]}", cluster("{name: gpu}")))
                .doesNotContainKey("holdfast.dev/grant");
    }

    @Test
    void isNotRequiredWhileNothingWasRead() {
        assertThat(limits(TEMPLATED, DynamicResources.unknown())).doesNotContainKey("holdfast.dev/grant");
    }

    private static DynamicResources cluster(String requests) {
        return read(
                template("gpus", requests),
                own("a100"),
                deviceClass("gpu.nvidia.com", "device.driver == 'gpu.nvidia.com'"),
                deviceClass("mixed", "device.attributes['vfio.holdfast.dev'].deviceClass == 'a100' || true"));
    }

    private static Map<String, Quantity> limits(String devices, DynamicResources dynamic) {
        return resources(devices, dynamic).getLimits();
    }

    private static ResourceRequirements resources(String devices, DynamicResources dynamic) {
        var vm = Samples.vm("{memory: {guest: 1Gi}, devices: " + devices + "}");
        PodPlan.Ready plan = (PodPlan.Ready) VmPod.of(
                vm, MachineSpec.of(vm.getSpec()), Samples.DEFAULTS.pod(), ReportedNodes.none(), Set.of(), dynamic);
        return plan.pod().getSpec().getContainers().getFirst().getResources();
    }
}
