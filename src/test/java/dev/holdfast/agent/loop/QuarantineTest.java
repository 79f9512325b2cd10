package dev.holdfast.agent.loop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Selector;
import dev.holdfast.host.pci.ConfigSpace;
import dev.holdfast.host.pci.Sysfs;
import dev.holdfast.inventory.DeviceGroup;
import dev.holdfast.inventory.Inventory;
import dev.holdfast.pci.GroupId;
import dev.holdfast.testbed.fixtures.AgentObjects;
import dev.holdfast.testbed.fixtures.FakeSysfs;
import dev.holdfast.testbed.fixtures.Groups;
import dev.holdfast.testbed.fixtures.Hosts;
import dev.holdfast.testbed.fixtures.SettableClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuarantineTest {
    private static final String ID = "0000:03:00.0";

    @TempDir
    Path directory;

    private final SettableClock clock = new SettableClock();
    private final Queue<Runnable> resets = new ArrayDeque<>();
    private final AtomicInteger rounds = new AtomicInteger();
    private FakeSysfs sysfs;
    private FakeSysfs.Function gpu;
    private Quarantine quarantine;

    @BeforeEach
    void aGpu() {
        sysfs = new FakeSysfs(directory);
        gpu = sysfs.function(ID, "10de:20f1", "030200").driver("vfio-pci").group(7);
        gpu.answering();
        quarantine = new Quarantine(new ConfigSpace(directory), resets::add, rounds::incrementAndGet, clock);
    }

    @Test
    void keepsOfferingADeviceThatResponds() throws IOException {
        quarantine.check(group());

        assertThat(quarantine.messages()).isEmpty();
        assertThat(quarantine.nextTry()).isEmpty();
    }

    @Test
    void quarantinesADeviceThatReadsAsAllOnesWithARemedy() throws IOException {
        gpu.silent();

        quarantine.check(group());

        assertThat(quarantine.messages().get(Groups.id(ID)))
                .contains("is not responding", "/sys/bus/pci/devices/" + ID + "/reset");
    }

    @Test
    void resetsADeviceAndReleasesItWhenItResponds() throws IOException {
        gpu.silent().file("reset", "");
        quarantine.check(group());

        quarantine.resetDue(free());
        assertThat(quarantine.nextTry()).as("one reset at a time").isEmpty();
        quarantine.resetDue(free());
        assertThat(resets).hasSize(1);
        resets.remove().run();
        assertThat(rounds).hasValue(1);
        assertThat(directory.resolve("bus/pci/devices").resolve(ID).resolve("reset"))
                .hasContent("1");
        assertThat(quarantine.messages()).containsKey(Groups.id(ID));

        gpu.answering();
        quarantine.resetDue(free());
        assertThat(quarantine.messages()).isEmpty();
    }

    @Test
    void doesNotResetFunctionsOnAVfioVariantDriver() throws IOException {
        gpu.driver("xe_vfio_pci").silent().file("reset", "");
        quarantine.check(group());

        reset();

        assertThat(directory.resolve("bus/pci/devices").resolve(ID).resolve("reset"))
                .hasContent("");
        assertThat(quarantine.messages().get(Groups.id(ID)))
                .endsWith("; the agent does not reset functions on xe_vfio_pci, whose log may show the reason");
    }

    @Test
    void retriesWithGrowingPausesAndReportsWhyAResetFails() throws IOException {
        gpu.silent();
        quarantine.check(group());

        for (int seconds : List.of(10, 20, 40, 80, 160, 300, 300)) {
            reset();
            assertThat(quarantine.nextTry()).contains(clock.instant().plusSeconds(seconds));
            clock.goOn(Duration.ofSeconds(seconds));
        }
        assertThat(quarantine.messages().get(Groups.id(ID))).contains("the kernel knows no way to reset " + ID);
    }

    @Test
    void doesNotResetBeforeItIsDue() throws IOException {
        gpu.silent().file("reset", "");
        quarantine.check(group());
        reset();
        gpu.file("reset", "");

        clock.goOn(Duration.ofSeconds(9));
        reset();

        assertThat(Files.size(directory.resolve("bus/pci/devices").resolve(ID).resolve("reset")))
                .isZero();
    }

    @Test
    void neverResetsHeldOrMissingDevices() throws IOException {
        gpu.silent().file("reset", "");
        quarantine.check(group());

        quarantine.resetDue(Map.of());
        assertThat(resets).isEmpty();

        assertThat(directory.resolve("bus/pci/devices").resolve(ID).resolve("reset"))
                .hasContent("");
        assertThat(quarantine.messages()).isEmpty();
    }

    @Test
    void aVirtualFunctionRespondsAlthoughItsVendorIdReadsAsAllOnes() throws IOException {
        byte[] config = new byte[64];
        config[0] = (byte) 0xff;
        config[1] = (byte) 0xff;
        config[2] = (byte) 0xff;
        config[3] = (byte) 0xff;
        Files.write(directory.resolve("bus/pci/devices").resolve(ID).resolve("config"), config);

        quarantine.check(group());

        assertThat(quarantine.messages()).isEmpty();
    }

    /** Runs a round, the resets that it starts, and the round that these request. */
    private void reset() throws IOException {
        quarantine.resetDue(free());
        while (!resets.isEmpty()) {
            resets.remove().run();
            quarantine.resetDue(free());
        }
    }

    private Map<GroupId, DeviceGroup> free() throws IOException {
        return Map.of(Groups.id(ID), group());
    }

    private DeviceGroup group() throws IOException {
        var gpus = AgentObjects.deviceClass("gpu", List.of(new Selector("10de", null, null, null, null, null)));
        return Objects.requireNonNull(
                Inventory.of(Hosts.ready(new Sysfs(directory).scan()), List.of(gpus), Map.of(), Inventory.EMPTY)
                        .groups()
                        .get(Groups.id(ID)));
    }
}
