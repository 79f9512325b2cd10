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
import dev.holdfast.agent.slice.ForeignDevices;
import dev.holdfast.api.node.Grant;
import dev.holdfast.api.node.GrantedDevice;
import dev.holdfast.api.node.VmReference;
import dev.holdfast.api.vm.devices.HostDevice;
import dev.holdfast.host.pci.PciFunction;
import dev.holdfast.host.pci.PciScan;
import dev.holdfast.inventory.Inventory;
import dev.holdfast.pci.GroupId;
import dev.holdfast.testbed.fixtures.Hosts;
import dev.holdfast.testbed.fixtures.PciFunctionBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A GPU with its audio function in group 7, both on vfio-pci, and a disk of the host in group 9. Driver gpu.example.com says
 * where the GPU is, and has prepared it for a claim of the pod.
 */
class ForeignDeviceTest {
    private static final String DRIVER = "gpu.example.com";
    private static final String POD = """
            {"metadata": {"uid": "pod-uid"},
             "spec": {"resourceClaims": [
               {"name": "gpu", "resourceClaimName": "gpus"}, {"name": "more", "resourceClaimName": "more"}]}}
            """;
    private static final PciFunction GPU =
            PciFunctionBuilder.at("0000:65:00.0").numaNode(1).build();
    private static final PciFunction AUDIO =
            PciFunctionBuilder.at("0000:65:00.1").classCode("040300").build();
    private static final PciFunction DISK = PciFunctionBuilder.at("0000:05:00.0")
            .classCode("010802")
            .driver("nvme")
            .group(9)
            .build();

    private final List<PciFunction> bus = new ArrayList<>(List.of(GPU, AUDIO, DISK));
    private final List<String> devices = new ArrayList<>(List.of(device("gpu-0", "0000:65:00.0")));
    private final List<ClaimDevice> prepared =
            new ArrayList<>(List.of(new ClaimDevice("lab/trainer", "lab/gpus", DRIVER, "n1", "gpu-0")));
    private String generations = "\"generation\": 1, \"resourceSliceCount\": 1";
    private Map<GroupId, String> held = Map.of();
    private List<Grant> grants = List.of();
    private boolean responding = true;

    @Test
    void findsTheFunctionByTheAttributeOfItsSlice() {
        assertThat(assign(gpu()))
                .isEqualTo(new Assigned(
                        List.of(new GrantedDevice("gpu0", List.of("0000:65:00.0", "0000:65:00.1"), 7, 1))));
    }

    /** The function that the driver has allocated is the first, though it is not the main function of its group. */
    @Test
    void passesTheAllocatedFunctionFirst() {
        devices.set(0, device("gpu-0", "0000:65:00.1"));

        assertThat(assign(gpu()))
                .isInstanceOfSatisfying(
                        Assigned.class,
                        assigned -> assertThat(assigned.devices().getFirst().pciAddresses())
                                .containsExactly("0000:65:00.1", "0000:65:00.0"));
    }

    @Test
    void leavesOutCompanionsThatNoVmCanOpenAndThatDoNoHarm() {
        replace(AUDIO, PciFunctionBuilder.at("0000:65:00.1").classCode("040300").driver(null));

        assertThat(assign(gpu()))
                .isInstanceOfSatisfying(
                        Assigned.class,
                        assigned -> assertThat(assigned.devices().getFirst().pciAddresses())
                                .containsExactly("0000:65:00.0"));
    }

    @Test
    void namesMissingCompanions() {
        replace(AUDIO, PciFunctionBuilder.at("0000:65:00.1").classCode("040300").driver("snd_hda_intel"));

        assertRefused(
                RefusalCode.CLAIM_NOT_USABLE,
                "ResourceClaim lab/gpus allocates 0000:65:00.0 (device gpu-0 of driver gpu.example.com), but not the whole"
                        + " IOMMU group 7 is on VFIO: 0000:65:00.1 (driver snd_hda_intel); bind these companions to"
                        + " vfio-pci as well, or use a device class of Holdfast");
    }

    /** The driver could allocate such a companion to another pod. */
    @Test
    void namesCompanionsThatAreDevicesOfTheirOwn() {
        devices.add(device("audio-0", "0000:65:00.1"));

        assertRefused(
                RefusalCode.CLAIM_NOT_USABLE,
                "but not its companions in IOMMU group 7: 0000:65:00.1 (device audio-0 of gpu.example.com); request them"
                        + " in the same claim, because a group serves one VM");
    }

    @Test
    void passesCompanionsOfTheClaimThrough() {
        devices.add(device("audio-0", "0000:65:00.1"));
        prepared.add(new ClaimDevice("lab/trainer", "lab/gpus", DRIVER, "n1", "audio-0"));

        assertThat(assign(gpu())).isInstanceOf(Assigned.class);
    }

    @Test
    void refusesTwoDevicesOfOneGroup() {
        devices.add(device("audio-0", "0000:65:00.1"));
        prepared.add(new ClaimDevice("lab/trainer", "lab/more", DRIVER, "n1", "audio-0"));

        assertRefused(
                DeviceAssignment.of(
                        vm(gpu(), new HostDevice("audio", null, "more", null)),
                        Map.of(),
                        facts(Map.of("gpus", claim("gpu-0"), "more", claim("audio-0"))),
                        id -> Optional.empty()),
                RefusalCode.DEVICE_GONE,
                "devices \"gpu0\" and \"audio\" are allocated the same IOMMU group");
    }

    @Test
    void refusesTwoClaimsOfTheSameDevice() {
        prepared.add(new ClaimDevice("lab/trainer", "lab/more", DRIVER, "n1", "gpu-0"));

        assertRefused(
                DeviceAssignment.of(
                        vm(gpu(), new HostDevice("again", null, "more", null)),
                        Map.of(),
                        facts(Map.of("gpus", claim("gpu-0"), "more", claim("gpu-0"))),
                        id -> Optional.empty()),
                RefusalCode.DEVICE_GONE,
                "are allocated the same IOMMU group, with 0000:65:00.0");
    }

    @Test
    void refusesADeviceOfTheHost() {
        devices.set(0, device("gpu-0", "0000:05:00.0"));

        assertRefused(
                RefusalCode.CLAIM_NOT_USABLE,
                "allocates 0000:05:00.0 (device gpu-0 of driver gpu.example.com), which is bound to driver nvme; must be"
                        + " bound to vfio-pci, or a variant of it, when the claim is prepared");
    }

    /** Nothing uses it, but VFIO does not have it either. */
    @Test
    void refusesAFunctionThatIsNotOnVfio() {
        replace(GPU, PciFunctionBuilder.at("0000:65:00.0").driver(null));

        assertRefused(RefusalCode.CLAIM_NOT_USABLE, "which is bound to no driver; must be bound to vfio-pci");
    }

    @ParameterizedTest
    @CsvSource({"0000:66:00.0", "0000:00:00.0"})
    void refusesAFunctionThatIsNoDeviceOfTheNode(String address) {
        bus.add(PciFunctionBuilder.at("0000:00:00.0")
                .classCode("060000")
                .driver(null)
                .group(0)
                .build());
        devices.set(0, device("gpu-0", address));

        assertRefused(RefusalCode.DEVICE_GONE, "which is no device on the PCI bus of this node, or a part of the host");
    }

    @Test
    void refusesAGroupThatVfioCannotOpen() {
        replace(GPU, PciFunctionBuilder.at("0000:65:00.0").group(null));

        assertRefused(RefusalCode.DEVICE_GONE, "which cannot be passed through: 0000:65:00.0 is in no IOMMU group");
    }

    @Test
    void refusesADeviceThatAClassOffersToo() {
        held = Map.of(new GroupId(GPU.address()), "demo-gpu");

        assertRefused(
                RefusalCode.CLAIM_NOT_USABLE,
                "which PassthroughDeviceClass demo-gpu offers, too; a device must be offered by one driver");
    }

    @ParameterizedTest
    @CsvSource({"0000:65:00.0", "0000:65:00.1"})
    void waitsWhileAnotherVmHasAFunctionOfTheGroup(String function) {
        grants = List.of(grant("other-pod", function));

        assertThat(((Unassigned) assign(gpu())).why())
                .isEqualTo(new Wait(function
                        + " belongs to the running VM lab/other; a device serves one VM at a time, and is granted once"
                        + " that VM has ended"));
    }

    @Test
    void takesNoNoticeOfItsOwnGrant() {
        grants = List.of(grant("pod-uid", "0000:65:00.0"));

        assertThat(assign(gpu())).isInstanceOf(Assigned.class);
    }

    @Test
    void refusesADeviceThatIsNotResponding() {
        responding = false;

        assertRefused(RefusalCode.DEVICE_GONE, "functions of its IOMMU group 7 are not responding");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"name\": \"gpu-0\"} | device gpu-0, which has no attribute resource.kubernetes.io/pciBusID in its ResourceSlice",
                "{\"name\": \"gpu-0\", \"attributes\": {\"pciBusID\": {\"string\": \"0000:65:00.0\"}}} | which has no attribute resource.kubernetes.io/pciBusID",
                "{\"name\": \"gpu-0\", \"attributes\": {\"resource.kubernetes.io/pciBusID\": {\"int\": 65}}} | which has no attribute resource.kubernetes.io/pciBusID",
                "{\"name\": \"gpu-0\", \"attributes\": {\"resource.kubernetes.io/pciBusID\": {\"string\": \"../../65:00.0\"}}} | whose attribute resource.kubernetes.io/pciBusID is not a PCI address",
                "{\"name\": \"gpu-1\"} | device gpu-0, which is not in the ResourceSlices of driver gpu.example.com for this node",
            })
    void refusesADeviceWithoutAnAddress(String device, String message) {
        devices.set(0, device);

        assertRefused(RefusalCode.CLAIM_NOT_USABLE, message);
    }

    @Test
    void waitsWhileThePoolIsIncomplete() {
        generations = "\"generation\": 2, \"resourceSliceCount\": 2";

        assertThat(((Unassigned) assign(gpu())).why())
                .isEqualTo(new Wait("driver gpu.example.com has published 1 of 2 ResourceSlices of pool n1 so far"));
    }

    @Test
    void waitsUntilTheKubeletReportsTheDevice() {
        prepared.clear();

        assertThat(((Unassigned) assign(gpu())).why())
                .isEqualTo(new Wait(
                        "the kubelet has not reported device gpu-0 of ResourceClaim lab/gpus for the pod so far"));
    }

    /** A device of the same pool and name of another driver is another device. */
    @Test
    void waitsWhileTheKubeletReportsTheDeviceOfAnotherDriver() {
        prepared.set(0, new ClaimDevice("lab/trainer", "lab/gpus", "other.example.com", "n1", "gpu-0"));

        assertThat(((Unassigned) assign(gpu())).why()).isInstanceOf(Wait.class);
    }

    private void replace(PciFunction former, PciFunctionBuilder now) {
        bus.set(bus.indexOf(former), now.build());
    }

    private static String device(String name, String address) {
        return "{\"name\": \"%s\", \"attributes\": {\"resource.kubernetes.io/pciBusID\": {\"string\": \"%s\"}}}"
                .formatted(name, address);
    }

    private static HostDevice gpu() {
        return new HostDevice("gpu0", null, "gpu", null);
    }

    private static Grant grant(String podUid, String function) {
        return new Grant(
                podUid,
                new VmReference("lab", "other", "vm-uid"),
                1,
                1,
                List.of(new GrantedDevice("gpu0", List.of(function), 7, null)),
                1L,
                null,
                1L,
                1L,
                null,
                "2026-01-01T00:00:00Z");
    }

    private static ClaimFacts claim(String device) {
        return Decoding.read("""
                {"metadata": {"uid": "claim-uid"},
                 "status": {"reservedFor": [{"uid": "pod-uid"}], "allocation": {"devices": {"results": [
                   {"request": "gpu", "driver": "gpu.example.com", "pool": "n1", "device": "%s"}]}}}}
                """.formatted(device), ClaimFacts::read);
    }

    private static VmFacts vm(HostDevice... devices) {
        return GrantFixtures.facts(GrantFixtures.vm(GrantFixtures.devices(List.of(devices), List.of()), null));
    }

    private DeviceAssignment assign(HostDevice device) {
        return DeviceAssignment.of(vm(device), Map.of(), facts(Map.of("gpus", claim("gpu-0"))), id -> Optional.empty());
    }

    private ClaimedDevice.Facts facts(Map<String, ClaimFacts> claims) {
        String slices = """
                {"metadata": {"continue": ""}, "items": [{"spec": {"driver": "gpu.example.com", "nodeName": "n1",
                  "pool": {"name": "n1", %s}, "devices": [%s]}}]}
                """.formatted(generations, String.join(", ", devices));
        return new ClaimedDevice.Facts(
                "lab",
                "n1",
                Decoding.read(POD, PodFacts::read),
                claims,
                prepared,
                new ForeignFacts(
                        Map.of(DRIVER, Decoding.read(slices, ForeignDevices::read)),
                        Inventory.of(
                                Hosts.ready(new PciScan(bus, List.of(), List.of())), List.of(), held, Inventory.EMPTY),
                        any -> responding,
                        grants));
    }

    private void assertRefused(RefusalCode reason, String message) {
        assertRefused(assign(gpu()), reason, message);
    }

    private static void assertRefused(DeviceAssignment assignment, RefusalCode reason, String message) {
        assertThat(((Unassigned) assignment).why()).isInstanceOfSatisfying(Refuse.class, refuse -> {
            assertThat(refuse.message()).contains(message);
            assertThat(refuse.reason()).isEqualTo(reason);
        });
    }
}
