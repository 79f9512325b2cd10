package dev.holdfast.agent.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Selector;
import dev.holdfast.api.node.BindResult;
import dev.holdfast.api.node.Blocker;
import dev.holdfast.api.node.Device;
import dev.holdfast.api.node.DeviceState;
import dev.holdfast.api.node.DriverBinding;
import dev.holdfast.api.node.Grant;
import dev.holdfast.api.node.GrantedDevice;
import dev.holdfast.api.node.PassthroughNodeStatus;
import dev.holdfast.api.node.VmReference;
import dev.holdfast.host.pci.Sysfs;
import dev.holdfast.inventory.DeviceClass;
import dev.holdfast.inventory.Inventory;
import dev.holdfast.inventory.NodeReadiness;
import dev.holdfast.pci.GroupId;
import dev.holdfast.pci.PciAddress;
import dev.holdfast.testbed.fixtures.AgentObjects;
import dev.holdfast.testbed.fixtures.DeviceBuilder;
import dev.holdfast.testbed.fixtures.FakeSysfs;
import dev.holdfast.testbed.fixtures.Groups;
import dev.holdfast.testbed.fixtures.Hosts;
import dev.holdfast.testbed.fixtures.NodeReadinesses;
import io.fabric8.kubernetes.api.model.Condition;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeReportTest {
    private static final Instant NOON = Instant.parse("2026-11-22T12:00:00Z");
    private static final NodeReadiness READY = NodeReadinesses.ready();
    private static final DeviceClass GPU =
            AgentObjects.deviceClass("gpu", List.of(new Selector("10de", null, null, null, null, null)));

    @TempDir
    Path directory;

    private FakeSysfs sysfs;

    @BeforeEach
    void gpuWithAudioFunction() {
        sysfs = new FakeSysfs(directory);
        sysfs.function("0000:03:00.0", "10de:20f1", "030200")
                .driver("vfio-pci")
                .group(7)
                .numa(1);
        sysfs.function("0000:03:00.1", "10de:1aef", "040300").driver("vfio-pci").group(7);
    }

    @Test
    void listsEveryFunctionOfAGroupThatAClassSelects() throws IOException {
        assertThat(devices(report(List.of(GPU), Map.of(), List.of())))
                .containsExactly(
                        DeviceBuilder.at("0000:03:00.0")
                                .ids("10de:20f1")
                                .classCode("030200")
                                .driver("vfio-pci")
                                .group(7, "0000:03:00.0", "0000:03:00.0", "0000:03:00.1")
                                .numaNode(1)
                                .pcieRoot("pci0000:00")
                                .deviceClass("gpu")
                                .build(),
                        DeviceBuilder.at("0000:03:00.1")
                                .ids("10de:1aef")
                                .classCode("040300")
                                .driver("vfio-pci")
                                .group(7, "0000:03:00.0", "0000:03:00.0", "0000:03:00.1")
                                .pcieRoot("pci0000:00")
                                .deviceClass("gpu")
                                .build());
    }

    @Test
    void listsADisplayWithoutAClassWithItsObstacle() throws IOException {
        sysfs.function("0000:04:00.0", "1002:73bf", "030000").driver("amdgpu").group(8);
        sysfs.function("0000:04:00.1", "1002:ab28", "040300")
                .driver("snd_hda_intel")
                .group(8);
        sysfs.function("0000:05:00.0", "8086:1521", "020000").driver("igb").group(9);

        assertThat(devices(report(List.of(), Map.of(), List.of())))
                .extracting(Device::pciAddress)
                .containsExactly("0000:03:00.0", "0000:04:00.0");
        assertThat(devices(report(List.of(), Map.of(), List.of())).get(1)).satisfies(device -> {
            assertThat(device.state()).isEqualTo(DeviceState.NotViable);
            assertThat(device.blockers())
                    .containsExactly(
                            new Blocker("0000:04:00.0", "amdgpu"), new Blocker("0000:04:00.1", "snd_hda_intel"));
            assertThat(device.message()).contains("bind 0000:04:00.0 to vfio-pci");
        });
    }

    /** Else the report of a node whose classes are gone would not say that its agent is still needed. */
    @Test
    void listsWhatTheAgentHasYetToGiveBackUntilItHas() throws IOException {
        assertThat(addressesWithoutAClass(BindResult.Bound)).containsExactly("0000:03:00.0", "0000:03:00.1");
        assertThat(addressesWithoutAClass(BindResult.Failed)).containsExactly("0000:03:00.0", "0000:03:00.1");
        assertThat(addressesWithoutAClass(BindResult.Restored)).containsExactly("0000:03:00.0");
    }

    private List<String> addressesWithoutAClass(BindResult audio) throws IOException {
        NodeReport report = report(List.of(), Map.of(), List.of());
        DriverBinding binding =
                new DriverBinding(audio, "of the audio function", "snd_hda_intel", "2026-11-22T11:00:00Z");
        NodeReport bound = new NodeReport(
                "boot",
                READY,
                report.inventory(),
                Set.of(),
                List.of(),
                Map.of(),
                Map.of(PciAddress.parse("0000:03:00.1"), binding),
                Map.of());
        return devices(bound).stream().map(Device::pciAddress).toList();
    }

    @Test
    void namesTheFirstEightOfManyBlockers() throws IOException {
        sysfs.function("0000:04:00.0", "10de:2236", "030200").driver("vfio-pci").group(8);
        for (int i = 1; i <= 9; i++) {
            sysfs.function("0000:04:0%d.1".formatted(i), "8086:154c", "020000")
                    .driver("iavf")
                    .group(8);
        }

        assertThat(devices(report(List.of(GPU), Map.of(), List.of())))
                .filteredOn(device -> device.pciAddress().equals("0000:04:00.0"))
                .singleElement()
                .satisfies(device -> {
                    assertThat(device.blockers()).hasSize(8).last().isEqualTo(new Blocker("0000:04:08.1", "iavf"));
                    assertThat(device.message())
                            .contains("0000:04:08.1, which is bound to iavf and 1 more;")
                            .contains("0000:04:08.1 and 1 more are each a network card")
                            .doesNotContain("0000:04:09.1");
                });
    }

    @Test
    void reportsAllocatedByTheKubeletOrByAGrant() throws IOException {
        assertThat(devices(report(List.of(GPU), Map.of(Groups.id("0000:03:00.0"), "gpu"), List.of())))
                .extracting(Device::state)
                .containsOnly(DeviceState.Allocated);
        assertThat(devices(report(List.of(GPU), Map.of(), List.of(grant("0000:03:00.0")))))
                .extracting(Device::state)
                .containsOnly(DeviceState.Allocated);
    }

    @Test
    void reportsAHeldDeviceThatVanishedAsMissing() throws IOException {
        sysfs.remove("0000:03:00.0");
        sysfs.remove("0000:03:00.1");

        assertThat(devices(report(List.of(GPU), Map.of(Groups.id("0000:03:00.0"), "gpu"), List.of())))
                .singleElement()
                .satisfies(device -> {
                    assertThat(device.state()).isEqualTo(DeviceState.Missing);
                    assertThat(device.vendorID()).isEqualTo("ffff");
                    assertThat(device.message()).startsWith("0000:03:00.0 belongs to a pod and has vanished");
                });
    }

    @Test
    void countsGroupsByState() throws IOException {
        sysfs.function("0000:04:00.0", "10de:2236", "030200").driver("vfio-pci").group(8);
        sysfs.function("0000:05:00.0", "10de:2236", "030200").driver("vfio-pci").group(9);
        sysfs.function("0000:06:00.0", "1002:73bf", "030000").driver("amdgpu").group(10);

        assertThat(report(List.of(GPU), Map.of(Groups.id("0000:04:00.0"), "gpu"), List.of())
                        .status(null, NOON)
                        .summary())
                .isEqualTo("2 Free, 1 Allocated, 1 NotViable");
    }

    @Test
    void reportsTheReasonOfAQuarantine() throws IOException {
        NodeReport report = report(List.of(GPU), Map.of(), List.of());
        NodeReport silent = new NodeReport(
                "boot",
                READY,
                report.inventory(),
                Set.of(),
                List.of(),
                Map.of(Groups.id("0000:03:00.0"), "is not responding"),
                Map.of(),
                Map.of());

        assertThat(devices(silent))
                .filteredOn(device -> "0000:03:00.0".equals(device.groupID()))
                .isNotEmpty()
                .allSatisfy(device -> {
                    assertThat(device.state()).isEqualTo(DeviceState.Quarantined);
                    assertThat(device.message()).isEqualTo("is not responding");
                });
    }

    @Test
    void omitsEmptyLists() {
        PassthroughNodeStatus status =
                AgentObjects.report(READY, Inventory.EMPTY, Set.of(), List.of()).status(null, NOON);

        assertThat(status.devices()).isNull();
        assertThat(status.summary()).isNull();
        assertThat(status.grants()).isNull();
        assertThat(status.bootID()).isEqualTo("boot");
    }

    @Test
    void reportsWhatIsMissingAndTheRemedy() {
        assertThat(conditions(NodeReadinesses.of(false, false, false, false), null))
                .allSatisfy(condition ->
                        assertThat(condition.getLastTransitionTime()).isEqualTo("2026-11-22T12:00:00Z"))
                .extracting(Condition::getType, Condition::getStatus, Condition::getReason)
                .containsExactly(
                        tuple("IommuEnabled", "False", "NoIommuGroup"),
                        tuple("InterruptRemapping", "Unknown", "NoIommu"),
                        tuple("VfioReady", "False", "NoDriver"),
                        tuple("KvmAvailable", "False", "NoKvm"));
        assertThat(conditions(READY, null)).extracting(Condition::getStatus).containsOnly("True");
    }

    @Test
    void keepsATransitionTimeWhileTheStatusStays() {
        PassthroughNodeStatus before = AgentObjects.report(
                        NodeReadinesses.of(true, true, false, false), Inventory.EMPTY, Set.of(), List.of())
                .status(null, NOON.minusSeconds(60));

        assertThat(conditions(READY, before))
                .extracting(Condition::getLastTransitionTime)
                .containsExactly(
                        "2026-11-22T11:59:00Z", "2026-11-22T11:59:00Z", "2026-11-22T11:59:00Z", "2026-11-22T12:00:00Z");
    }

    private static List<Condition> conditions(NodeReadiness readiness, @Nullable PassthroughNodeStatus before) {
        return Objects.requireNonNull(AgentObjects.report(readiness, Inventory.EMPTY, Set.of(), List.of())
                .status(before, NOON)
                .conditions());
    }

    private static List<Device> devices(NodeReport report) {
        return Objects.requireNonNull(report.status(null, NOON).devices());
    }

    private NodeReport report(List<DeviceClass> classes, Map<GroupId, String> held, List<Grant> grants)
            throws IOException {
        Inventory inventory = Inventory.of(Hosts.ready(new Sysfs(directory).scan()), classes, held, Inventory.EMPTY);
        return AgentObjects.report(READY, inventory, held.keySet(), grants);
    }

    private static Grant grant(String main) {
        return new Grant(
                "pod-uid",
                new VmReference("default", "vm", "vm-uid"),
                4711,
                1,
                List.of(new GrantedDevice("gpu0", List.of(main, "0000:03:00.1"), 7, 1)),
                null,
                null,
                1024,
                1024,
                null,
                "2026-11-22T12:00:00Z");
    }
}
