package dev.holdfast.agent.grant.decision;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.apiserver.Decoding;
import dev.holdfast.agent.dra.ClaimFacts;
import dev.holdfast.agent.grant.GrantFixtures;
import dev.holdfast.agent.grant.decision.Decision.Refuse;
import dev.holdfast.agent.grant.decision.Decision.Wait;
import dev.holdfast.agent.grant.decision.DeviceAssignment.Assigned;
import dev.holdfast.agent.grant.decision.DeviceAssignment.Unassigned;
import dev.holdfast.agent.plugin.ReportedDevices.ClaimDevice;
import dev.holdfast.api.Names;
import dev.holdfast.api.node.GrantedDevice;
import dev.holdfast.api.vm.devices.HostDevice;
import dev.holdfast.testbed.fixtures.Groups;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A pod with a claim made from a template, one by name, and one of the scheduler for its extended resources. */
class ClaimedDeviceTest {
    private static final String POD = """
            {"metadata": {"uid": "pod-uid"},
             "spec": {"resourceClaims": [
                {"name": "gpu", "resourceClaimTemplateName": "gpus"}, {"name": "pair", "resourceClaimName": "shared"}],
               "containers": [{"name": "qemu", "resources": {"limits": {"holdfast.dev/gpu": "2"}}}]},
             "status": {
               "resourceClaimStatuses": [{"name": "gpu", "resourceClaimName": "vm-gpu-x7k2p"}],
               "extendedResourceClaimStatus": {"resourceClaimName": "vm-extended", "requestMappings": [
                 {"containerName": "qemu", "resourceName": "holdfast.dev/gpu", "requestName": "container-0-request-0"},
                 {"containerName": "sidecar", "resourceName": "holdfast.dev/gpu", "requestName": "container-1-request-0"},
                 {"containerName": "qemu", "resourceName": "example.com/nic", "requestName": "container-0-request-1"}]}}}
            """;
    private static final String ONE = result("gpu", "pci-0000-65-00-0");
    private static final String OTHER = result("gpu", "pci-0000-17-00-0");

    @Test
    void findsTheDeviceOfAClaimMadeFromATemplate() {
        assertThat(assign(gpu("gpu", null), claim("vm-gpu-x7k2p", ONE), prepared("vm-gpu-x7k2p", "pci-0000-65-00-0")))
                .isEqualTo(new Assigned(
                        List.of(new GrantedDevice("gpu0", List.of("0000:65:00.0", "0000:65:00.1"), 7, 1))));
    }

    @Test
    void findsTheDeviceOfARequestOfAClaimByName() {
        Map<String, ClaimFacts> claim =
                claim("shared", result("nic", "pci-0000-17-00-1"), result("gpu/large", "pci-0000-65-00-0"));

        assertThat(assign(gpu("pair", "gpu"), claim, prepared("shared", "pci-0000-17-00-1", "pci-0000-65-00-0")))
                .isInstanceOfSatisfying(
                        Assigned.class,
                        assigned -> assertThat(assigned.devices().getFirst().pciAddresses())
                                .startsWith("0000:65:00.0"));
    }

    @Test
    void findsTheDevicesOfAnExtendedResourceInTheSchedulersClaim() {
        VmFacts vm = vm(
                new HostDevice("first", "holdfast.dev/gpu", null, null),
                new HostDevice("second", "holdfast.dev/gpu", null, null));
        Map<String, ClaimFacts> claim = claim(
                "vm-extended",
                result("container-0-request-0", "pci-0000-65-00-0"),
                result("container-0-request-0", "pci-0000-17-00-0"),
                result("container-1-request-0", "pci-0000-99-00-0"));

        assertThat(assign(
                        vm, claim, prepared("vm-extended", "pci-0000-65-00-0", "pci-0000-17-00-0", "pci-0000-99-00-0")))
                .isInstanceOfSatisfying(
                        Assigned.class,
                        assigned -> assertThat(assigned.devices())
                                .extracting(device -> device.pciAddresses().getFirst())
                                .containsExactly("0000:17:00.0", "0000:65:00.0"));
    }

    @Test
    void waitsUntilTheKubeletReportsTheDevice() {
        assertThat(why(gpu("gpu", null), claim("vm-gpu-x7k2p", ONE), List.of()))
                .isEqualTo(new Wait("the kubelet has not reported device pci-0000-65-00-0 of ResourceClaim"
                        + " lab/vm-gpu-x7k2p for the pod so far"));
    }

    /** What the claim's status says is not sufficient: another device may be prepared for the pod. */
    @ParameterizedTest
    @CsvSource({
        "lab/vm-gpu-x7k2p,n2,pci-0000-65-00-0",
        "lab/other,n1,pci-0000-65-00-0",
        "lab/vm-gpu-x7k2p,n1,pci-0000-17-00-0"
    })
    void waitsWhileTheKubeletReportsOnlyAnother(String claim, String pool, String device) {
        assertThat(why(
                        gpu("gpu", null),
                        claim("vm-gpu-x7k2p", ONE),
                        List.of(new ClaimDevice("lab/trainer", claim, Names.DRA_DRIVER, pool, device))))
                .isInstanceOf(Wait.class);
    }

    @Test
    void refusesAClaimOfSeveralDevices() {
        assertRefused(
                why(gpu("gpu", null), claim("vm-gpu-x7k2p", ONE, OTHER), prepared("vm-gpu-x7k2p")),
                "ResourceClaim lab/vm-gpu-x7k2p allocates 2 devices for \"gpu0\"; must be exactly one");
    }

    @Test
    void refusesADeviceWithoutRequestOfAClaimWithSeveral() {
        assertRefused(
                why(
                        gpu("gpu", null),
                        claim("vm-gpu-x7k2p", ONE, result("nic", "pci-0000-17-00-0")),
                        prepared("vm-gpu-x7k2p")),
                "has devices of the requests gpu, nic, but device \"gpu0\" names none; set its requestName");
    }

    /** Somebody's DeviceClass has the extended resource of a class of Holdfast. */
    @Test
    void refusesTheDeviceOfAnotherDriverForAClass() {
        VmFacts vm = vm(
                new HostDevice("first", "holdfast.dev/gpu", null, null),
                new HostDevice("second", "holdfast.dev/gpu", null, null));
        Map<String, ClaimFacts> claim = claim(
                "vm-extended",
                result("container-0-request-0", "pci-0000-65-00-0"),
                result("container-0-request-0", "gpu-1").replace("vfio.holdfast.dev", "gpu.example.com"));

        assertRefused(
                why(vm, claim, prepared("vm-extended", "pci-0000-65-00-0", "gpu-1")),
                "allocates a device of driver gpu.example.com for holdfast.dev/gpu; must be of vfio.holdfast.dev");
    }

    @Test
    void refusesADeviceThatItMayOnlyObserve() {
        assertRefused(
                why(
                        gpu("gpu", null),
                        claim("vm-gpu-x7k2p", ONE.replace("}", ", \"adminAccess\": true}")),
                        prepared("vm-gpu-x7k2p", "pci-0000-65-00-0")),
                "with adminAccess, which only observes it");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{\"uid\": \"other\"}", "{\"uid\": \"pod-uid\"}, {\"uid\": \"other\"}"})
    void refusesAClaimThatIsNotReservedForThePodAlone(String reserved) {
        String claim = CLAIM.formatted(reserved, ONE);

        assertRefused(
                why(
                        gpu("gpu", null),
                        Map.of("vm-gpu-x7k2p", Decoding.read(claim, ClaimFacts::read)),
                        prepared("vm-gpu-x7k2p", "pci-0000-65-00-0")),
                "must be reserved for this pod alone");
    }

    @Test
    void refusesTheSameGroupForTwoDevices() {
        VmFacts vm = vm(new HostDevice("a", null, "gpu", null), new HostDevice("b", null, "pair", null));
        Map<String, ClaimFacts> claims = Map.of(
                "vm-gpu-x7k2p", claim("vm-gpu-x7k2p", ONE).get("vm-gpu-x7k2p"),
                "shared", claim("shared", ONE).get("shared"));

        Decision why = ((Unassigned) assign(
                        vm,
                        claims,
                        Stream.concat(
                                        prepared("vm-gpu-x7k2p", "pci-0000-65-00-0").stream(),
                                        prepared("shared", "pci-0000-65-00-0").stream())
                                .toList()))
                .why();

        assertThat(why)
                .isInstanceOfSatisfying(
                        Refuse.class, refuse -> assertThat(refuse.reason()).isEqualTo(RefusalCode.DEVICE_GONE));
    }

    @Test
    void refusesAPodThatWasCreatedWithoutTheClaim() {
        assertThat(why(gpu("later", null), Map.of(), List.of()))
                .isInstanceOfSatisfying(
                        Refuse.class, refuse -> assertThat(refuse.reason()).isEqualTo(RefusalCode.SPEC_CHANGED));
    }

    @ParameterizedTest
    @ValueSource(strings = {"pci-0000-65-00-9", "pci-0000-65-00", "0000:65:00.0", "pci-0000-65-00-0-1", ""})
    void refusesANameThatIsNoDeviceOfANode(String device) {
        assertThat(why(
                        gpu("gpu", null),
                        claim("vm-gpu-x7k2p", result("gpu", device)),
                        prepared("vm-gpu-x7k2p", device)))
                .isInstanceOfSatisfying(
                        Refuse.class, refuse -> assertThat(refuse.reason()).isEqualTo(RefusalCode.DEVICE_GONE));
    }

    private static final String CLAIM = """
            {"metadata": {"uid": "claim-uid"}, "status": {"reservedFor": [%s], "allocation": {"devices": {"results": [%s]}}}}
            """;

    private static String result(String request, String device) {
        return "{\"request\": \"%s\", \"driver\": \"vfio.holdfast.dev\", \"pool\": \"n1\", \"device\": \"%s\"}"
                .formatted(request, device);
    }

    private static Map<String, ClaimFacts> claim(String name, String... results) {
        return Map.of(
                name,
                Decoding.read(
                        CLAIM.formatted("{\"resource\": \"pods\", \"uid\": \"pod-uid\"}", String.join(",", results)),
                        ClaimFacts::read));
    }

    private static List<ClaimDevice> prepared(String claim, String... devices) {
        return Stream.of(devices)
                .map(device -> new ClaimDevice("lab/trainer", "lab/" + claim, Names.DRA_DRIVER, "n1", device))
                .toList();
    }

    private static VmFacts gpu(String claim, @Nullable String request) {
        return vm(new HostDevice("gpu0", null, claim, request));
    }

    private static VmFacts vm(HostDevice... devices) {
        return GrantFixtures.facts(GrantFixtures.vm(GrantFixtures.devices(List.of(devices), List.of()), null));
    }

    private static DeviceAssignment assign(VmFacts vm, Map<String, ClaimFacts> claims, List<ClaimDevice> prepared) {
        return DeviceAssignment.of(
                vm,
                Map.of(),
                new ClaimedDevice.Facts(
                        "lab", "n1", Decoding.read(POD, PodFacts::read), claims, prepared, ForeignFacts.NONE),
                id -> Optional.of(Groups.ofTwo(id, 7, 1)));
    }

    private static Decision why(VmFacts vm, Map<String, ClaimFacts> claims, List<ClaimDevice> prepared) {
        return ((Unassigned) assign(vm, claims, prepared)).why();
    }

    private static void assertRefused(Decision decision, String message) {
        assertThat(decision).isInstanceOfSatisfying(Refuse.class, refuse -> {
            assertThat(refuse.reason()).isEqualTo(RefusalCode.CLAIM_NOT_USABLE);
            assertThat(refuse.message()).contains(message);
        });
    }
}
