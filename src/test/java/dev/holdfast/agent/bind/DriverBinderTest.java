package dev.holdfast.agent.bind;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Allocation;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Binding;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Companions;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Selector;
import dev.holdfast.api.node.BindResult;
import dev.holdfast.host.pci.Sysfs;
import dev.holdfast.inventory.DeviceClass;
import dev.holdfast.inventory.Inventory;
import dev.holdfast.testbed.fixtures.FakeKernel;
import dev.holdfast.testbed.fixtures.FakeSysfs;
import dev.holdfast.testbed.fixtures.Groups;
import dev.holdfast.testbed.fixtures.Hosts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests with a fake sysfs whose kernel reacts. The group has three functions: a GPU on nouveau, its audio function, and
 * a USB controller without a driver.
 */
class DriverBinderTest {
    private static final String GPU = "0000:03:00.0";
    private static final String AUDIO = "0000:03:00.1";
    private static final String USB = "0000:03:00.2";
    private static final String BOOT = "boot-1";
    private static final Instant NOON = Instant.parse("2026-11-22T12:00:00Z");
    /**
     * Number of steps: override, unbind and probe for two functions; override and probe for the one without a driver.
     */
    private static final int WRITES = 8;

    @TempDir
    Path directory;

    private FakeKernel kernel;

    @BeforeEach
    void group() {
        FakeSysfs sysfs = new FakeSysfs(directory.resolve("sys"));
        sysfs.function(GPU, "10de:2236", "030000").group(7);
        sysfs.function(AUDIO, "10de:1aef", "040300").group(7);
        sysfs.function(USB, "10de:1ad6", "0c0330").group(7);
        kernel = new FakeKernel(sysfs.root()).load("vfio-pci");
        kernel.has(GPU, "nouveau").has(AUDIO, "snd_hda_intel").has(USB, null);
    }

    @Test
    void bindsTheWholeGroupByOverrideUnbindAndProbe() throws IOException {
        BindOutcome outcome = bind();

        assertThat(outcome.result()).isEqualTo(BindResult.Bound);
        assertThat(outcome.message())
                .isEqualTo("0000:03:00.0 is bound to vfio-pci for device class gpu; when no class binds it any more,"
                        + " 0000:03:00.0 is given back to nouveau and 0000:03:00.1 is given back to snd_hda_intel"
                        + " and 0000:03:00.2 is given back to no driver");
        assertThat(states()).containsOnly("vfio-pci by vfio-pci");
        assertThat(kernel.writes())
                .hasSize(WRITES)
                .startsWith(
                        "bus/pci/devices/0000:03:00.0/driver_override: vfio-pci",
                        "bus/pci/devices/0000:03:00.0/driver/unbind: 0000:03:00.0",
                        "bus/pci/drivers_probe: 0000:03:00.0");
    }

    @Test
    void givesEveryFunctionBackToItsFormerDriver() throws IOException {
        kernel.write(directory.resolve("sys/bus/pci/devices/" + AUDIO + "/driver_override"), "snd_hda_intel");
        List<String> before = states();
        bind();

        BindOutcome outcome = restore();

        assertThat(outcome.result()).isEqualTo(BindResult.Restored);
        assertThat(outcome.message())
                .isEqualTo("no device class binds 0000:03:00.0 any more; given back: 0000:03:00.2 to no driver"
                        + " and 0000:03:00.1 to snd_hda_intel and 0000:03:00.0 to nouveau");
        assertThat(outcome.former()).hasSize(3).containsValue("nouveau");
        assertThat(states()).isEqualTo(before);
        assertThat(bindings().all()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7})
    void undoesAllChangesWhenAStepFails(int step) throws IOException {
        List<String> before = states();
        kernel.failAt(step);

        BindOutcome outcome = bind();

        assertThat(outcome.result()).isEqualTo(BindResult.Failed);
        assertThat(outcome.message())
                .startsWith((step < 3 ? GPU : step < 6 ? AUDIO : USB)
                        + " could not be bound to vfio-pci: the kernel refused")
                .contains("(Device or resource busy); see the kernel log (dmesg)")
                .endsWith("the group is as it was before");
        assertThat(states()).isEqualTo(before);
        assertThat(bindings().all()).isEmpty();
    }

    @Test
    void reportsWhenUndoingFailsTooAndKeepsTheRecord() throws IOException {
        // The probe of the audio function, and while undoing the unbinding and the probe of that function.
        kernel.failAt(5).failAt(7);

        BindOutcome outcome = bind();

        assertThat(outcome.message())
                .contains("0000:03:00.1 could not be given back to snd_hda_intel: the kernel refused");
        assertThat(kernel.state(GPU)).isEqualTo("nouveau");
        assertThat(kernel.state(AUDIO)).isEqualTo("none");
        assertThat(restore().result()).isEqualTo(BindResult.Restored);
        assertThat(kernel.state(AUDIO)).isEqualTo("snd_hda_intel");
    }

    @Test
    void verifiesTheDriverLinkAfterTheProbe() throws IOException {
        kernel.unload("vfio-pci");

        BindOutcome outcome = bind();

        assertThat(outcome.message()).contains("found no driver afterwards").endsWith("as it was before");
        assertThat(kernel.state(GPU)).isEqualTo("nouveau");
    }

    @Test
    void changesNothingThatCannotBeRecordedFirst() throws IOException {
        Files.writeString(directory.resolve("state"), "a file in the place of the directory");

        BindOutcome outcome = bind();

        assertThat(outcome.result()).isEqualTo(BindResult.Failed);
        assertThat(outcome.message())
                .startsWith("0000:03:00.0 was not bound: cannot write the former drivers to ")
                .endsWith("set a writable directory with --state-directory");
        assertThat(kernel.writes()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7})
    void theNextAgentCompletesOrUndoesAnInterruptedBinding(int step) throws IOException {
        List<String> before = states();
        kernel.killAt(step);
        assertThatIllegalStateException().isThrownBy(this::bind);

        assertThat(bind().result()).isEqualTo(BindResult.Bound);
        assertThat(states()).containsOnly("vfio-pci by vfio-pci");
        assertThat(restore().result()).isEqualTo(BindResult.Restored);
        assertThat(states()).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7})
    void theNextAgentRestoresAfterAnInterruptedBinding(int step) throws IOException {
        List<String> before = states();
        kernel.killAt(step);
        assertThatIllegalStateException().isThrownBy(this::bind);

        assertThat(restore().result()).isEqualTo(BindResult.Restored);

        assertThat(states()).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7})
    void theNextAgentCompletesAnInterruptedRestore(int step) throws IOException {
        List<String> before = states();
        bind();
        kernel.killAt(WRITES + step);
        assertThatIllegalStateException().isThrownBy(this::restore);

        assertThat(restore().result()).isEqualTo(BindResult.Restored);

        assertThat(states()).isEqualTo(before);
        assertThat(bindings().all()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7})
    void completesARestoreAfterAFailedStep(int step) throws IOException {
        List<String> before = states();
        bind();
        kernel.failAt(WRITES + step);

        assertThat(restore().result()).isEqualTo(BindResult.Failed);
        assertThat(bindings().all()).hasSize(1);
        assertThat(restore().result()).isEqualTo(BindResult.Restored);

        assertThat(states()).isEqualTo(before);
        assertThat(bindings().all()).isEmpty();
    }

    /**
     * Fails the last step of binding; undoing takes one step for the function without a driver and three for each of
     * the others.
     */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6})
    void theNextAgentCompletesAnInterruptedUndo(int step) throws IOException {
        List<String> before = states();
        kernel.failAt(WRITES - 1).killAt(WRITES + step);
        assertThatIllegalStateException().isThrownBy(this::bind);

        assertThat(restore().result()).isEqualTo(BindResult.Restored);

        assertThat(states()).isEqualTo(before);
        assertThat(bindings().all()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6})
    void completesAnUndoAfterAFailedStep(int step) throws IOException {
        List<String> before = states();
        kernel.failAt(WRITES - 1).failAt(WRITES + step);

        assertThat(bind().message()).contains("not all changes were undone: ");
        assertThat(restore().result()).isEqualTo(BindResult.Restored);

        assertThat(states()).isEqualTo(before);
        assertThat(bindings().all()).isEmpty();
    }

    @Test
    void retriesWhenTheFormerDriverIsNotLoaded() throws IOException {
        bind();
        kernel.unload("nouveau");

        BindOutcome outcome = restore();

        assertThat(outcome.result()).isEqualTo(BindResult.Failed);
        assertThat(outcome.reason()).isEqualTo("RestoreFailed");
        assertThat(outcome.message())
                .isEqualTo("0000:03:00.0 was given back, but has no driver instead of nouveau;"
                        + " load nouveau (modprobe) or see the node's kernel log (dmesg)");
        assertThat(kernel.state(AUDIO)).isEqualTo("snd_hda_intel");
        kernel.load("nouveau");
        assertThat(restore().result()).isEqualTo(BindResult.Restored);
        assertThat(kernel.state(GPU)).isEqualTo("nouveau");
    }

    @Test
    void keepsFunctionsThatAnotherProgramHasBoundSince() throws IOException {
        bind();
        kernel.load("nvidia");
        kernel.write(directory.resolve("sys/bus/pci/devices/" + GPU + "/driver_override"), "nvidia");

        assertThat(restore().result()).isEqualTo(BindResult.Restored);

        assertThat(kernel.state(GPU)).isEqualTo("vfio-pci by nvidia");
        assertThat(kernel.state(AUDIO)).isEqualTo("snd_hda_intel");
    }

    private BindOutcome bind() throws IOException {
        DeviceClass gpus = new DeviceClass(
                "gpu",
                List.of(new Selector("10de", null, null, null, null, null)),
                Map.of(),
                Binding.Bind,
                Companions.Auto,
                Allocation.DevicePlugin);
        Inventory inventory = Inventory.of(
                Hosts.ready(new Sysfs(directory.resolve("sys")).scan()), List.of(gpus), Map.of(), Inventory.EMPTY);
        return binding()
                .carryOut(
                        new BindAction.Bind(
                                Objects.requireNonNull(inventory.groups().get(Groups.id(GPU))), gpus, null),
                        NOON);
    }

    private BindOutcome restore() {
        return binding().carryOut(new BindAction.Restore(bindings().all().getFirst()), NOON);
    }

    /** Reads only the file, as the next agent does. */
    private DriverBinder binding() {
        return new DriverBinder(kernel.drivers(), bindings());
    }

    private BindingsFile bindings() {
        return BindingsFile.in(directory.resolve("state"), BOOT);
    }

    private List<String> states() {
        return List.of(kernel.state(GPU), kernel.state(AUDIO), kernel.state(USB));
    }
}
