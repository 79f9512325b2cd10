package dev.holdfast.plan.claims;

import static dev.holdfast.plan.claims.DraObjects.allocated;
import static dev.holdfast.plan.claims.DraObjects.claim;
import static dev.holdfast.plan.claims.DraObjects.own;
import static dev.holdfast.plan.claims.DraObjects.read;
import static dev.holdfast.plan.claims.DraObjects.slice;
import static dev.holdfast.plan.claims.DraObjects.template;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.Cause;
import dev.holdfast.api.Names;
import dev.holdfast.api.Reason;
import dev.holdfast.plan.claims.DynamicResources.State;
import dev.holdfast.plan.machine.MachineSpec;
import dev.holdfast.testbed.fixtures.MachineSpecs;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSlice;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is in the way of a VM whose devices come from claims. */
final class ClaimObstacleTest {
    private static final String ONE = "{name: gpu, exactly: {deviceClassName: a100}}";
    private static final Optional<String> REFUSED =
            Optional.of("0/2 nodes are available: 2 cannot allocate all claims.");

    private static final MachineSpec NAMED = vm("resourceClaimName: shared", "");
    private static final MachineSpec TEMPLATED = vm("resourceClaimTemplateName: one-gpu", "");

    @Test
    void requiresAnApiServerThatHasClaims() {
        assertThat(unusable(NAMED, DynamicResources.empty(State.NOT_SERVED, Map.of(), Optional.empty())))
                .hasValue(
                        new Cause(
                                Reason.DRANotAvailable,
                                "the API server has no resource.k8s.io/v1, but spec.resourceClaims require it; update the cluster to Kubernetes 1.34 or later and restart the operator, or request the devices by deviceName"));
        assertThat(unusable(NAMED, DynamicResources.unknown())).isEmpty();
    }

    @Test
    void namesTheClaimOrTemplateThatDoesNotExist() {
        assertThat(unusable(NAMED, read()))
                .hasValue(
                        new Cause(
                                Reason.ResourceClaimNotFound,
                                "ResourceClaim shared not found in the VM's namespace; create it, or correct spec.resourceClaims"));
        assertThat(unusable(TEMPLATED, read(claim("one-gpu", ONE, ""))))
                .hasValue(
                        new Cause(
                                Reason.ResourceClaimNotFound,
                                "ResourceClaimTemplate one-gpu not found in the VM's namespace; create it, or correct spec.resourceClaims"));
        assertThat(unusable(TEMPLATED, read(template("one-gpu", ONE)))).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{name: gpu, exactly: {deviceClassName: a100, count: 2}} | request gpu of ResourceClaim shared: exactly.count is 2, must be 1, because each device of a VM is one device of a claim; request each device separately",
                "{name: gpu, exactly: {deviceClassName: a100, allocationMode: All}} | request gpu of ResourceClaim shared: exactly.allocationMode is All, must be ExactCount, because each device of a VM is one device of a claim; request each device separately",
                "{name: gpu, exactly: {deviceClassName: a100, adminAccess: true}} | request gpu of ResourceClaim shared: exactly.adminAccess is true, must be false, because a VM uses its device alone; remove adminAccess",
                "{name: gpu, firstAvailable: [{name: a, deviceClassName: a100}, {name: b, deviceClassName: a10, count: 2}]} | request gpu of ResourceClaim shared: firstAvailable[b].count is 2, must be 1, because each device of a VM is one device of a claim; request each device separately",
                "{name: a, exactly: {deviceClassName: a100}}, {name: b, exactly: {deviceClassName: a100}} | ResourceClaim shared has 2 requests (a, b), must have one unless the device has a requestName; set requestName of the device",
            })
    void refusesWhatIsNotOneDevice(String requests, String message) {
        assertThat(unusable(NAMED, read(claim("shared", requests, ""))))
                .hasValue(new Cause(Reason.ResourceClaimNotSupported, message));
    }

    @Test
    void checksTheRequestThatTheDeviceNames() {
        DynamicResources resources = read(claim(
                "shared",
                "{name: a, exactly: {deviceClassName: a100}}, {name: b, exactly: {deviceClassName: a100, count: 4}}",
                ""));

        assertThat(unusable(vm("resourceClaimName: shared", ", requestName: a"), resources))
                .isEmpty();
        assertThat(unusable(vm("resourceClaimName: shared", ", requestName: c"), resources))
                .hasValue(
                        new Cause(
                                Reason.ResourceClaimNotSupported,
                                "ResourceClaim shared has no request \"c\" (existing requests: a, b); correct requestName of the device"));
    }

    @Test
    void namesThePodThatHasTheClaim() {
        assertThat(unusable(NAMED, read(claim("shared", ONE, "reservedFor: [{resource: pods, name: other, uid: u1}]"))))
                .hasValue(
                        new Cause(
                                Reason.ResourceClaimReserved,
                                "ResourceClaim shared is reserved for pod other, must be for this VM alone, because a device cannot be shared; delete that pod, or use another claim"));
        assertThat(unusable(
                        NAMED, read(claim("shared", ONE, "reservedFor: [{resource: pods, name: gpu-vm, uid: u0}]"))))
                .isEmpty();
    }

    @Test
    void namesAnUnknownDeviceClass() {
        assertThat(unscheduled(NAMED, Optional.empty(), read(claim("shared", ONE, ""))))
                .hasValue(
                        new Cause(
                                Reason.DeviceClassUnknown,
                                "DeviceClass a100 not found, which ResourceClaim shared requests; create it, for example by a PassthroughDeviceClass with allocation DRA, or correct the claim"));
    }

    @Test
    void countsTheDevicesThatTheRequestSelects() {
        DynamicResources resources = read(
                Map.of("gpu", "gpu-vm-gpu-x7k2p"),
                Optional.empty(),
                template("one-gpu", ONE),
                claim("gpu-vm-gpu-x7k2p", ONE, ""),
                own("a100"),
                slice(Names.DRA_DRIVER, "node-1", 1, "a100", "128Gi", "128Gi"),
                slice(Names.DRA_DRIVER, "node-2", 1, "a10", "32Gi"),
                slice(Names.DRA_DRIVER, "node-3", 1, "a100", "128Gi"),
                slice(Names.DRA_DRIVER, "node-3", 2, "a100", "128Gi"),
                claim("taken", ONE, allocated("gpu", Names.DRA_DRIVER, "node-1", "d1")));

        assertThat(unscheduled(TEMPLATED, REFUSED, resources))
                .hasValue(
                        new Cause(
                                Reason.ResourceClaimNotAllocated,
                                "ResourceClaim gpu-vm-gpu-x7k2p of template one-gpu is not allocated: 2 of 3 devices of DeviceClass a100 on 2 nodes are free; the scheduler reports: 0/2 nodes are available: 2 cannot allocate all claims."));
        // As long as the scheduler has not tried, it may still allocate.
        assertThat(unscheduled(TEMPLATED, Optional.empty(), resources)).isEmpty();
    }

    @Test
    void leavesTheDevicesOfOtherSelectorsToTheScheduler() {
        assertThat(unscheduled(
                        NAMED,
                        REFUSED,
                        read(
                                claim("shared", ONE, ""),
                                DraObjects.deviceClass("a100", "device.driver.startsWith('x')"))))
                .hasValueSatisfying(
                        cause -> assertThat(cause.message())
                                .startsWith(
                                        "ResourceClaim shared is not allocated: only the scheduler knows the devices of DeviceClass a100; the scheduler reports: "));
    }

    @Test
    void namesTheNodeOfAnAllocation() {
        DynamicResources resources = read(
                claim("shared", ONE, allocated("gpu", Names.DRA_DRIVER, "node-1", "d0")),
                own("a100"),
                slice(Names.DRA_DRIVER, "node-1", 1, "a100", "128Gi"));

        assertThat(unscheduled(NAMED, REFUSED, resources))
                .hasValue(
                        new Cause(
                                Reason.ResourceClaimElsewhere,
                                "ResourceClaim shared is allocated on node node-1, so the pod can run only there; make room on that node, or use another claim; the scheduler reports: 0/2 nodes are available: 2 cannot allocate all claims."));
        assertThat(unscheduled(NAMED, Optional.empty(), resources)).isEmpty();
    }

    /** The device of Holdfast, another driver's on the same node, and others that only look like it. */
    @ParameterizedTest
    @CsvSource({
        "gpu.example.com, node-1, 0000:65:00.0, true",
        "gpu.example.com, node-2, 0000:65:00.0, false",
        "gpu.example.com, node-1, 0000:66:00.0, false",
        "vfio.holdfast.dev, node-1, 0000:65:00.0, false"
    })
    void namesADeviceThatTwoDriversOffer(String driver, String node, String address, boolean reported) {
        DynamicResources resources = read(
                claim("shared", ONE, ""),
                own("a100"),
                DraObjects.deviceAt(Names.DRA_DRIVER, "node-1", "a100", "0000:65:00.0"),
                DraObjects.deviceAt(driver, node, "other", address));

        assertThat(unscheduled(NAMED, REFUSED, resources))
                .hasValueSatisfying(cause -> assertThat(
                                cause.message()
                                        .contains(
                                                "; 0000:65:00.0 on node node-1 is offered by the drivers vfio.holdfast.dev and gpu.example.com, so neither may give it to the VM"))
                        .isEqualTo(reported));
    }

    /** Also where only the scheduler knows which devices another driver's DeviceClass selects. */
    @Test
    void namesADeviceThatTwoDriversOfferToAClassOfTheOther() {
        DynamicResources resources = read(
                claim("shared", ONE, ""),
                DraObjects.deviceClass("a100", "device.driver.startsWith('gpu')"),
                DraObjects.deviceAt(Names.DRA_DRIVER, "node-1", "a100", "0000:65:00.0"),
                DraObjects.deviceAt("gpu.example.com", "node-1", "other", "0000:65:00.0"));

        assertThat(unscheduled(NAMED, REFUSED, resources))
                .hasValueSatisfying(cause -> assertThat(cause.message())
                        .contains("0000:65:00.0 on node node-1 is offered by the drivers vfio.holdfast.dev and"));
    }

    @Test
    void doesNotCountDevicesOfAnIncompletePool() {
        ResourceSlice partial = slice(Names.DRA_DRIVER, "node-1", 1, "a100", "128Gi");
        partial.getSpec().getPool().setResourceSliceCount(2L);

        assertThat(unscheduled(NAMED, REFUSED, read(claim("shared", ONE, ""), own("a100"), partial)))
                .hasValueSatisfying(cause ->
                        assertThat(cause.message()).contains("0 of 0 devices of DeviceClass a100 on 0 nodes are free"));
    }

    private static Optional<Cause> unusable(MachineSpec machine, DynamicResources resources) {
        return new ClaimObstacle("gpu-vm", machine, resources).unusable();
    }

    private static Optional<Cause> unscheduled(
            MachineSpec machine, Optional<String> refusal, DynamicResources resources) {
        return new ClaimObstacle("gpu-vm", machine, resources).unscheduled(refusal);
    }

    private static MachineSpec vm(String claim, String request) {
        return MachineSpecs.of("""
                memory: {guest: 128Mi}
                resourceClaims: [{name: gpu, %s}]
                devices: {gpus: [{name: gpu0, claimName: gpu%s}]}
                """.formatted(claim, request));
    }
}
