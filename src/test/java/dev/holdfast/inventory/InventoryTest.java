package dev.holdfast.inventory;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Allocation;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Binding;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Companions;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Selector;
import dev.holdfast.host.pci.PciScan;
import dev.holdfast.host.pci.Sysfs;
import dev.holdfast.pci.GroupId;
import dev.holdfast.testbed.fixtures.AgentObjects;
import dev.holdfast.testbed.fixtures.FakeSysfs;
import dev.holdfast.testbed.fixtures.Groups;
import dev.holdfast.testbed.fixtures.Hosts;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InventoryTest {
    private static final Map<GroupId, String> NOT_HELD = Map.of();

    @TempDir
    Path directory;

    private FakeSysfs sysfs;

    @BeforeEach
    void gpuWithAudioFunction() {
        sysfs = new FakeSysfs(directory);
        sysfs.function("0000:00:1c.0", "8086:a338", "060400")
                .header(1)
                .driver("pcieport")
                .group(7);
        gpu("vfio-pci");
        audio("vfio-pci");
    }

    @Test
    void offersAGroupWithTheMainFunctionFirst() throws IOException {
        Inventory inventory = inventory(vendor("nvidia", "10de"));

        DeviceGroup group = group(inventory, "0000:03:00.1");
        assertThat(group.viable()).isTrue();
        assertThat(group.deviceClass()).isEqualTo("nvidia");
        assertThat(inventory.functions(Groups.id("0000:03:00.1")))
                .contains(new AssignableGroup(Groups.functions("0000:03:00.1", "0000:03:00.0"), 7, 1));
        assertThat(inventory.groups()).hasSize(1);
        assertThat(inventory.problems()).isEmpty();
    }

    @Test
    void namesAGroupWithoutDisplayByItsLowestAddress() throws IOException {
        sysfs.function("0000:05:00.1", "15b3:101e", "020000").driver("vfio-pci").group(9);
        sysfs.function("0000:05:00.0", "15b3:101d", "020000").driver("vfio-pci").group(9);

        assertThat(inventory(vendor("nic", "15b3")).functions(Groups.id("0000:05:00.0")))
                .hasValueSatisfying(functions ->
                        assertThat(functions.functions()).isEqualTo(Groups.functions("0000:05:00.0", "0000:05:00.1")));
    }

    @Test
    void aGroupThatAPodHoldsKeepsItsNameWhenABetterMainFunctionIsAdded() throws IOException {
        sysfs.function("0000:02:00.0", "10de:2236", "030200").driver("vfio-pci").group(7);

        Inventory inventory = Inventory.of(
                Hosts.ready(new Sysfs(directory).scan()),
                List.of(vendor("nvidia", "10de")),
                Map.of(Groups.id("0000:03:00.1"), "nvidia"),
                Inventory.EMPTY);

        assertThat(inventory.groups()).containsOnlyKeys(Groups.id("0000:03:00.1"));
        assertThat(group(inventory, "0000:03:00.1").present()).isTrue();
    }

    @Test
    void namesTheCompanionThatBlocks() throws IOException {
        audio("snd_hda_intel");

        Inventory inventory = inventory(vendor("nvidia", "10de"));

        DeviceGroup group = group(inventory, "0000:03:00.1");
        assertThat(group.viable()).isFalse();
        assertThat(group.blockers())
                .singleElement()
                .satisfies(blocker -> assertThat(blocker.driver()).isEqualTo("snd_hda_intel"));
        assertThat(group.message())
                .isEqualTo("0000:03:00.1 shares IOMMU group 7 with 0000:03:00.0, which is bound to snd_hda_intel;"
                        + " bind 0000:03:00.0 to vfio-pci or leave it without a driver, then it will be offered");
        assertThat(inventory.functions(Groups.id("0000:03:00.1"))).isEmpty();
    }

    @Test
    void namesEveryFunctionThatBlocks() throws IOException {
        gpu("nvidia");
        audio("snd_hda_intel");
        sysfs.function("0000:03:00.2", "10de:1ad7", "0c8000")
                .driver("nvidia-gpu")
                .group(7);

        DeviceGroup group = group(inventory(), "0000:03:00.1");

        assertThat(group.blockers()).hasSize(3);
        assertThat(group.message())
                .isEqualTo("0000:03:00.1 is bound to nvidia and shares IOMMU group 7 with 0000:03:00.0,"
                        + " which is bound to snd_hda_intel, and 0000:03:00.2, which is bound to nvidia-gpu;"
                        + " bind 0000:03:00.1 to vfio-pci, and bind 0000:03:00.0 and 0000:03:00.2 to vfio-pci"
                        + " or leave them without a driver, then it can be passed through");
    }

    @Test
    void needsTheMainFunctionOnVfioPci() throws IOException {
        for (String driver : new String[] {null, "pci-stub"}) {
            gpu(driver);
            audio(null);

            DeviceGroup group = group(inventory(vendor("nvidia", "10de")), "0000:03:00.1");

            assertThat(group.blockers()).isEmpty();
            assertThat(group.message())
                    .isEqualTo("0000:03:00.1 " + (driver == null ? "has no driver" : "is bound to pci-stub")
                            + "; bind it to vfio-pci, then it will be offered");
        }
    }

    @Test
    void toleratesButDoesNotPassCompanionsThatAreNotOnVfioPci() throws IOException {
        audio(null);
        sysfs.function("0000:03:00.2", "10de:1ad6", "0c0330").driver("pci-stub").group(7);

        assertThat(inventory(vendor("nvidia", "10de")).functions(Groups.id("0000:03:00.1")))
                .hasValueSatisfying(
                        functions -> assertThat(functions.functions()).isEqualTo(Groups.functions("0000:03:00.1")));
    }

    @Test
    void passesNoCompanionsWhenTheClassSaysSo() throws IOException {
        DeviceClass alone = new DeviceClass(
                "nvidia",
                List.of(new Selector("10de", null, null, null, null, null)),
                Map.of(),
                Binding.Adopt,
                Companions.None,
                Allocation.DevicePlugin);

        Inventory inventory = inventory(alone);

        assertThat(group(inventory, "0000:03:00.1").members()).hasSize(2);
        assertThat(inventory.functions(Groups.id("0000:03:00.1")))
                .hasValueSatisfying(
                        functions -> assertThat(functions.functions()).isEqualTo(Groups.functions("0000:03:00.1")));
    }

    @Test
    void aClassIsForTheNodesThatHaveAllItsLabels() {
        DeviceClass some = new DeviceClass(
                "some",
                List.of(),
                Map.of("zone", "a", "gpu", ""),
                Binding.Adopt,
                Companions.Auto,
                Allocation.DevicePlugin);

        assertThat(some.isFor(Map.of("zone", "a", "gpu", "", "more", "b"))).isTrue();
        assertThat(some.isFor(Map.of("zone", "a"))).isFalse();
        assertThat(some.isFor(Map.of("zone", "b", "gpu", ""))).isFalse();
        assertThat(AgentObjects.deviceClass("all", List.of()).isFor(Map.of())).isTrue();
    }

    @Test
    void countsAChipsetFunctionOnlyWhenItsDriverBlocks() throws IOException {
        sysfs.function("0000:03:1f.0", "8086:a305", "060100").header(0x80).group(7);
        assertThat(group(inventory(), "0000:03:00.1").viable()).isTrue();

        sysfs.function("0000:03:1f.0", "8086:a305", "060100")
                .header(0x80)
                .driver("lpc_ich")
                .group(7);

        assertThat(group(inventory(), "0000:03:00.1").message()).contains("0000:03:1f.0, which is bound to lpc_ich");
        assertThat(group(inventory(), "0000:03:00.1").members()).hasSize(2);
    }

    @Test
    void reportsAMissingIommu() throws IOException {
        sysfs.function("0000:04:00.0", "1002:5046", "030000").driver("vfio-pci");

        assertThat(group(inventory(), "0000:04:00.0").message())
                .startsWith("0000:04:00.0 is in no IOMMU group, though others of this host are; move the card");
    }

    @Test
    void givesAGroupThatTwoClassesMatchToTheFirstByName() throws IOException {
        Inventory inventory = inventory(vendor("b-class", "10de"), vendor("a-class", "10de"));

        assertThat(group(inventory, "0000:03:00.1").deviceClass()).isEqualTo("a-class");
        assertThat(inventory.problems())
                .containsExactly("the group of 0000:03:00.1 matches the device classes a-class, b-class;"
                        + " it is offered by a-class only: narrow the selectors of the others");
    }

    @Test
    void keepsTheClassOfAHeldGroup() throws IOException {
        Inventory inventory = Inventory.of(
                Hosts.ready(scan()),
                List.of(vendor("a-class", "10de")),
                Map.of(Groups.id("0000:03:00.1"), "b-class"),
                Inventory.EMPTY);

        assertThat(group(inventory, "0000:03:00.1").deviceClass()).isEqualTo("b-class");
    }

    @Test
    void matchesNothingWithASelectorWithoutFields() throws IOException {
        Inventory inventory =
                inventory(AgentObjects.deviceClass("all", List.of(new Selector(null, null, null, null, null, null))));

        assertThat(group(inventory, "0000:03:00.1").deviceClass()).isNull();
        assertThat(inventory.problems())
                .containsExactly("selector 1 of device class all has no fields and matches nothing;"
                        + " set at least one, such as vendorID");
    }

    @Test
    void needsEveryFieldOfASelector() throws IOException {
        sysfs.function("0000:06:00.0", "10de:20f1", "030200")
                .subsystem("10de", "145f")
                .driver("vfio-pci")
                .group(8);

        assertThat(classOf(new Selector("10de", "20f1", "10de", "145f", "0302", "0000:06:00.0")))
                .isEqualTo("c");
        assertThat(classOf(new Selector(null, null, null, null, "030200", null)))
                .isEqualTo("c");
        assertThat(classOf(new Selector("1002", "20f1", null, null, null, null)))
                .isNull();
        assertThat(classOf(new Selector("10de", "20f2", null, null, null, null)))
                .isNull();
        assertThat(classOf(new Selector("10de", null, "1002", null, null, null)))
                .isNull();
        assertThat(classOf(new Selector("10de", null, null, "1460", null, null)))
                .isNull();
        assertThat(classOf(new Selector("10de", null, null, null, "0300", null)))
                .isNull();
        assertThat(classOf(new Selector("10de", null, null, null, null, "0000:06:00.1")))
                .isNull();
    }

    @Test
    void offersNothingByAClassWhoseNameIsTooLong() throws IOException {
        String name = "n".repeat(64);

        Inventory inventory = inventory(vendor(name, "10de"));

        assertThat(group(inventory, "0000:03:00.1").deviceClass()).isNull();
        assertThat(inventory.problems()).singleElement().asString().contains("has 64 characters", "at most 63");
    }

    @Test
    void remembersAHeldGroupThatVanished() throws IOException {
        Inventory before = inventory(vendor("nvidia", "10de"));
        sysfs.remove("0000:03:00.0");
        sysfs.remove("0000:03:00.1");

        Inventory after =
                Inventory.of(Hosts.ready(scan()), List.of(), Map.of(Groups.id("0000:03:00.1"), "nvidia"), before);

        DeviceGroup group = group(after, "0000:03:00.1");
        assertThat(group.present()).isFalse();
        assertThat(group.viable()).isFalse();
        assertThat(group.deviceClass()).isEqualTo("nvidia");
        assertThat(group.members()).hasSize(2);
        assertThat(after.functions(Groups.id("0000:03:00.1"))).isEmpty();
    }

    private @Nullable String classOf(Selector selector) throws IOException {
        return group(inventory(AgentObjects.deviceClass("c", List.of(selector))), "0000:06:00.0")
                .deviceClass();
    }

    private void gpu(@Nullable String driver) {
        sysfs.function("0000:03:00.1", "10de:20f1", "030200")
                .driver(driver)
                .group(7)
                .numa(1);
    }

    private void audio(@Nullable String driver) {
        sysfs.function("0000:03:00.0", "10de:1aef", "040300")
                .driver(driver)
                .group(7)
                .numa(1);
    }

    private static DeviceClass vendor(String name, String vendor) {
        return AgentObjects.deviceClass(name, List.of(new Selector(vendor, null, null, null, null, null)));
    }

    private static DeviceGroup group(Inventory inventory, String id) {
        return Objects.requireNonNull(inventory.groups().get(Groups.id(id)), id);
    }

    private Inventory inventory(DeviceClass... classes) throws IOException {
        return Inventory.of(Hosts.ready(scan()), List.of(classes), NOT_HELD, Inventory.EMPTY);
    }

    private PciScan scan() throws IOException {
        return new Sysfs(directory).scan();
    }
}
