package dev.holdfast.inventory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Selector;
import dev.holdfast.host.pci.Sysfs;
import dev.holdfast.pci.GroupId;
import dev.holdfast.testbed.fixtures.AgentObjects;
import dev.holdfast.testbed.fixtures.Groups;
import dev.holdfast.testbed.fixtures.Hosts;
import dev.holdfast.testbed.fixtures.SysfsTree;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Devices that can be passed through on machines of different kinds. */
class InventoryTreesTest {
    private static final DeviceClass EVERY_DEVICE = AgentObjects.deviceClass(
            "any",
            Stream.of("10de", "1002", "8086", "1da3")
                    .map(vendor -> new Selector(vendor, null, null, null, null, null))
                    .toList());

    @TempDir
    Path directory;

    @Test
    void requiresAllFunctionsOfAConsumerCardOnVfioPci() throws IOException {
        assertThat(message("consumer-gpu", "0000:01:00.0"))
                .isEqualTo(
                        "0000:01:00.0 is bound to nouveau and shares IOMMU group 1 with 0000:01:00.1, which is bound to"
                                + " snd_hda_intel, and 0000:01:00.2, which is bound to xhci_hcd, and 0000:01:00.3, which is"
                                + " bound to nvidia-gpu; bind 0000:01:00.0 to vfio-pci, and bind 0000:01:00.1 and 0000:01:00.3"
                                + " to vfio-pci or leave them without a driver, and bind 0000:01:00.2 to vfio-pci only if"
                                + " this host does not need it, then it will be offered; 0000:01:00.2 is a USB controller, and"
                                + " devices plugged into it are not available without its driver (see lsusb -t): plug them in"
                                + " elsewhere first");
    }

    @Test
    void reportsWhereACardIs() throws IOException {
        Inventory inventory = inventory("two-a100");

        assertThat(inventory.groups().values())
                .filteredOn(DeviceGroup::viable)
                .extracting(group -> group.id().toString(), DeviceGroup::numaNode, DeviceGroup::pcieRoot)
                .containsExactly(tuple("0000:83:00.0", 1, "pci0000:80"), tuple("0000:84:00.0", 1, "pci0000:80"));
    }

    @Test
    void offersASwitchBetweenGpusThatAClassNames() throws IOException {
        Inventory inventory = inventory("h100-sxm");

        assertThat(inventory.groups().keySet())
                .map(GroupId::toString)
                .containsExactly(
                        "0000:07:00.0", "0000:08:00.0", "0000:18:00.0", "0000:2a:00.0", "0000:3a:00.0", "0000:5d:00.0");
        assertThat(inventory.functions(Groups.id("0000:07:00.0"))).isPresent();
        assertThat(message(inventory, "0000:08:00.0")).contains("is bound to nvidia-nvswitch; bind it to vfio-pci");
    }

    @Test
    void offersVirtualFunctionsOfADriverAndNotThePhysicalOne() throws IOException {
        Inventory inventory = inventory("sriov");

        assertThat(inventory.functions(Groups.id("0000:4d:00.1"))).isPresent();
        assertThat(message(inventory, "0000:4d:00.0"))
                .isEqualTo("0000:4d:00.0 has virtual functions enabled (3), and vfio-pci cannot be bound while"
                        + " they are enabled; pass the virtual functions through instead, or, if they are not used, write 0 to"
                        + " /sys/bus/pci/devices/0000:4d:00.0/sriov_numvfs and bind it to vfio-pci, then it will be"
                        + " offered");
    }

    @Test
    void offersNeitherOfAPhysicalFunctionOnVfioPciWithVirtualOnes() throws IOException {
        Inventory inventory = inventory("sriov");

        assertThat(message(inventory, "0000:9a:00.0")).contains("has virtual functions enabled (1)");
        assertThat(message(inventory, "0000:9a:00.1"))
                .isEqualTo(
                        "0000:9a:00.1 is a virtual function of 0000:9a:00.0, which is on vfio-pci, so it can be opened"
                                + " only with a token of both, which is not supported; bind 0000:9a:00.0 to its native driver and enable its virtual"
                                + " functions there, then it will be offered");
    }

    @Test
    void skipsTheBridgesOfASharedGroupAndNamesTheNetworkCard() throws IOException {
        Inventory inventory = inventory("shared-group");

        DeviceGroup group = group(inventory, "0000:05:00.0");
        assertThat(group.members()).hasSize(3).noneMatch(member -> member.bridge());
        assertThat(group.blockers())
                .singleElement()
                .satisfies(blocker -> assertThat(blocker.driver()).isEqualTo("igb"));
    }

    @Test
    void reportsAMissingIommu() throws IOException {
        Path root = SysfsTree.make("no-iommu", directory);
        Sysfs sysfs = new Sysfs(root);
        Inventory inventory = Inventory.of(
                new HostFacts(sysfs.scan(), NodeReadiness.of(sysfs, false), HostUse.UNSEEN),
                List.of(),
                Map.of(),
                Inventory.EMPTY);

        assertThat(message(inventory, "0000:17:00.0"))
                .isEqualTo("0000:17:00.0 is in no IOMMU group, since this host uses no IOMMU;"
                        + " see the condition IommuEnabled");
    }

    @Test
    void distinguishesTheSameCardInTwoDomains() throws IOException {
        assertThat(inventory("two-domains").groups().values())
                .filteredOn(DeviceGroup::viable)
                .extracting(group -> group.id().toString())
                .containsExactly("000c:01:00.0", "000d:01:00.0", "10000:01:00.0");
    }

    @Test
    void comparesAddressesHoweverLongTheirDomainIsWritten() throws IOException {
        assertThat(at("two-domains", "10000:01:00.0", "00010000:01:00.0")).isEqualTo("c");
        assertThat(at("two-domains", "000c:01:00.0", "0000000c:01:00.0")).isEqualTo("c");
        assertThat(at("two-domains", "000c:01:00.0", "000C:01:00.0")).isEqualTo("c");
        assertThat(at("two-domains", "000c:01:00.0", "0000:01:00.0")).isNull();
        assertThat(at("two-domains", "000c:01:00.0", "01:00.0")).isNull();
    }

    @Test
    void offersAcceleratorsAndDisplaysOfAnyKind() throws IOException {
        Inventory inventory = inventory("numa-minus-one");

        assertThat(inventory.functions(Groups.id("0000:03:00.0"))).isPresent();
        assertThat(inventory.functions(Groups.id("0000:04:00.0"))).isPresent();
        assertThat(group(inventory, "0000:03:00.0").numaNode()).isNull();
    }

    @Test
    void offersNothingOfAGroupWithAnUnreadableFunction() throws IOException {
        Inventory inventory = inventory("broken-device");

        assertThat(message(inventory, "0000:17:00.0"))
                .isEqualTo("0000:17:00.1 of IOMMU group 81 could not be read, so whether a native driver uses it is"
                        + " unknown; see the kernel log");
        assertThat(inventory.functions(Groups.id("0000:17:00.0"))).isEmpty();
        assertThat(inventory.functions(Groups.id("0000:31:00.0"))).isPresent();
    }

    private @Nullable String at(String tree, String group, String selected) throws IOException {
        DeviceClass one = AgentObjects.deviceClass("c", List.of(new Selector(null, null, null, null, null, selected)));
        return group(inventory(tree, one), group).deviceClass();
    }

    private @Nullable String message(String tree, String group) throws IOException {
        return message(inventory(tree), group);
    }

    private static @Nullable String message(Inventory inventory, String group) {
        return group(inventory, group).message();
    }

    private static DeviceGroup group(Inventory inventory, String id) {
        return Objects.requireNonNull(inventory.groups().get(Groups.id(id)), id);
    }

    private Inventory inventory(String tree) throws IOException {
        return inventory(tree, EVERY_DEVICE);
    }

    private Inventory inventory(String tree, DeviceClass deviceClass) throws IOException {
        Path root = directory.resolve(tree);
        if (!root.toFile().exists()) {
            SysfsTree.make(tree, root);
        }
        return Inventory.of(Hosts.ready(new Sysfs(root).scan()), List.of(deviceClass), Map.of(), Inventory.EMPTY);
    }
}
