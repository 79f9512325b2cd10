package dev.holdfast.agent.dra;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.dra.Allocation.Checked;
import dev.holdfast.agent.plugin.ReportedDevices;
import dev.holdfast.agent.plugin.ReportedDevices.ClaimDevice;
import dev.holdfast.api.Names;
import dev.holdfast.api.node.Grant;
import dev.holdfast.api.node.GrantedDevice;
import dev.holdfast.api.node.VmReference;
import dev.holdfast.inventory.AssignableGroup;
import dev.holdfast.pci.GroupId;
import dev.holdfast.pci.PciAddress;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AllocationTest {
    private final Map<String, ClaimableDevice> devices = new HashMap<>();
    private final Map<GroupId, AssignableGroup> groups = new HashMap<>();
    private ReportedDevices kubelet = new ReportedDevices(Map.of(), List.of());
    private List<Grant> grants = List.of();

    @BeforeEach
    void twoFreeDevices() {
        devices.put(Claims.GPU_DEVICE, Claims.gpu());
        devices.put(Claims.NIC_DEVICE, Claims.nic());
        groups.put(Claims.GPU, new AssignableGroup(List.of(Claims.GPU.main(), PciAddress.parse("0000:65:00.1")), 7, 0));
        groups.put(Claims.NIC, new AssignableGroup(List.of(Claims.NIC.main()), 9, 1));
    }

    @Test
    void givesEachRequestItsGroup() throws IOException {
        PreparedClaim claim = usable(
                Claims.result("other", "gpu.example.com", "n9", "gpu-0"),
                Claims.ours("gpu/large", Claims.GPU_DEVICE),
                Claims.ours("nic", Claims.NIC_DEVICE));

        assertThat(claim.fullName()).isEqualTo("lab/gpu");
        assertThat(claim.groupIds()).containsExactly(Claims.GPU, Claims.NIC);
        assertThat(claim.devices()).extracting(PreparedClaim.Device::request).containsExactly("gpu", "nic");
        assertThat(claim.groups())
                .extracting(PreparedClaim.Exclusive::iommuGroup)
                .containsExactly(7, 9);
        assertThat(claim.groups())
                .extracting(PreparedClaim.Exclusive::cdiDevice)
                .allSatisfy(name -> assertThat(name).matches(Claims.UID + "-pci-0000-(65|b3)-00-0-[0-9a-f]{32}"));
    }

    @Test
    void neverUsesANameOfACdiDeviceTwice() throws IOException {
        String gpu = Claims.ours("gpu", Claims.GPU_DEVICE);

        assertThat(usable(gpu).groups()).isNotEqualTo(usable(gpu).groups());
    }

    @Test
    void givesNothingOfTheDeviceToAdminAccess() throws IOException {
        groups.clear();
        kubelet = new ReportedDevices(Map.of(Claims.GPU, "lab/other"), List.of());

        PreparedClaim claim = usable(Claims.admin("look", Claims.GPU_DEVICE));

        assertThat(claim.devices()).containsExactly(new PreparedClaim.Device(Claims.GPU_DEVICE, "look", null));
        assertThat(claim.groupIds()).isEmpty();
    }

    @Test
    void refusesAClaimThatIsNotTheOneOfThePod() throws IOException {
        assertThat(allocation().check("lab", "gpu", Claims.UID, null))
                .isEqualTo(new Checked.Refused("ResourceClaim lab/gpu not found; delete the pod that waits for it"));
        assertThat(refusal(Claims.OTHER_UID, Claims.ours("gpu", Claims.GPU_DEVICE)))
                .isEqualTo("ResourceClaim lab/gpu has the UID " + Claims.OTHER_UID
                        + "; the pod waits for a former claim of that name with the UID " + Claims.UID
                        + "; delete the pod");
    }

    @Test
    void refusesAClaimWithoutADeviceOfTheDriver() throws IOException {
        assertThat(refusal(Claims.UID, Claims.result("gpu", "gpu.example.com", "n1", "gpu-0")))
                .startsWith("ResourceClaim lab/gpu has no device of vfio.holdfast.dev");
        assertThat(check(new ClaimFacts(Claims.UID, null, false, List.of(), List.of())))
                .isInstanceOfSatisfying(
                        Checked.Refused.class,
                        refused -> assertThat(refused.message()).startsWith("ResourceClaim lab/gpu is not allocated"));
    }

    @Test
    void refusesADeviceThatThisNodeDoesNotOfferToClaims() throws IOException {
        assertThat(refusal(Claims.UID, Claims.result("gpu", "vfio.holdfast.dev", "n2", Claims.GPU_DEVICE)))
                .isEqualTo("device pci-0000-65-00-0 is in pool n2; must be in pool n1 of this node; delete the pod, so"
                        + " that it is scheduled again");
        assertThat(refusal(Claims.UID, Claims.ours("gpu", "pci-0000-01-00-0")))
                .isEqualTo("n1 has no device pci-0000-01-00-0 for claims, or no longer; delete the pod, so that it is"
                        + " scheduled again");
    }

    @Test
    void refusesADeviceThatCannotBeUsedNow() throws IOException {
        groups.remove(Claims.GPU);
        assertThat(refusal(Claims.UID, Claims.ours("gpu", Claims.GPU_DEVICE)))
                .startsWith("device pci-0000-65-00-0 cannot be used now");

        groups.put(Claims.GPU, new AssignableGroup(List.of(Claims.GPU.main()), null, null));
        assertThat(refusal(Claims.UID, Claims.ours("gpu", Claims.GPU_DEVICE)))
                .startsWith("device pci-0000-65-00-0 cannot be used now");

        devices.put(Claims.GPU_DEVICE, new ClaimableDevice(Claims.GPU, "a100", "0000:65:00.0 is not responding"));
        assertThat(refusal(Claims.UID, Claims.ours("gpu", Claims.GPU_DEVICE)))
                .isEqualTo("0000:65:00.0 is not responding");
    }

    @Test
    void refusesOneDeviceForTwoRequests() throws IOException {
        assertThat(refusal(Claims.UID, Claims.ours("gpu", Claims.GPU_DEVICE), Claims.ours("again", Claims.GPU_DEVICE)))
                .startsWith("0000:65:00.0 is allocated to two requests of the claim");
    }

    @Test
    void refusesADeviceThatAPodHoldsByTheDevicePlugin() throws IOException {
        kubelet = new ReportedDevices(Map.of(Claims.GPU, "lab/other"), List.of());

        assertThat(refusal(Claims.UID, Claims.ours("gpu", Claims.GPU_DEVICE)))
                .startsWith("0000:65:00.0 is held by pod lab/other through the device plugin; a device serves one pod");
    }

    @Test
    void refusesADeviceThatTheKubeletReportsForAnotherClaim() throws IOException {
        kubelet = new ReportedDevices(
                Map.of(), List.of(new ClaimDevice("lab/p", "lab/former", Names.DRA_DRIVER, "n1", Claims.GPU_DEVICE)));
        assertThat(refusal(Claims.UID, Claims.ours("gpu", Claims.GPU_DEVICE)))
                .startsWith("0000:65:00.0 is held by pod lab/p through ResourceClaim lab/former");

        kubelet = new ReportedDevices(
                Map.of(), List.of(new ClaimDevice("lab/p", "lab/gpu", Names.DRA_DRIVER, "n1", Claims.GPU_DEVICE)));
        assertThat(usable(Claims.ours("gpu", Claims.GPU_DEVICE)).groupIds()).containsExactly(Claims.GPU);
    }

    @Test
    void refusesADeviceOfARunningVmUnlessItsPodMayUseTheClaim() throws IOException {
        grants = List.of(grant("pod-1", "0000:65:00.1"));
        assertThat(refusal(Claims.UID, Claims.ours("gpu", Claims.GPU_DEVICE)))
                .startsWith("0000:65:00.1 belongs to the running VM lab/trainer; a device serves one VM");

        assertThat(check(
                        Claims.facts(Claims.json(Claims.UID, List.of(Claims.ours("gpu", Claims.GPU_DEVICE)), "pod-1"))))
                .isInstanceOf(Checked.Usable.class);
    }

    private PreparedClaim usable(String... results) throws IOException {
        Checked checked = check(Claims.facts(Claims.json(Claims.UID, List.of(results))));
        assertThat(checked).isInstanceOf(Checked.Usable.class);
        return ((Checked.Usable) checked).claim();
    }

    private String refusal(String uid, String... results) throws IOException {
        Checked checked = check(Claims.facts(Claims.json(uid, List.of(results))));
        assertThat(checked).isInstanceOf(Checked.Refused.class);
        return ((Checked.Refused) checked).message();
    }

    private Checked check(@Nullable ClaimFacts facts) {
        return allocation().check("lab", "gpu", Claims.UID, facts);
    }

    private Allocation allocation() {
        return new Allocation("n1", devices::get, id -> Optional.ofNullable(groups.get(id)), kubelet, grants);
    }

    private static Grant grant(String podUid, String address) {
        return new Grant(
                podUid,
                new VmReference("lab", "trainer", "uid"),
                1,
                1,
                List.of(new GrantedDevice("gpu", List.of(address), 7, 0)),
                1L,
                1L,
                1,
                1,
                1L,
                "2026-11-30T20:00:00Z");
    }
}
