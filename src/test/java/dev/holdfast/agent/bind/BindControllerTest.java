package dev.holdfast.agent.bind;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.plugin.AllocationGate;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Allocation;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Companions;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Selector;
import dev.holdfast.api.node.BindResult;
import dev.holdfast.api.node.DriverBinding;
import dev.holdfast.host.pci.PciDrivers;
import dev.holdfast.host.pci.Sysfs;
import dev.holdfast.host.usage.DeviceOpeners;
import dev.holdfast.host.usage.PciUsers;
import dev.holdfast.inventory.DeviceClass;
import dev.holdfast.inventory.Inventory;
import dev.holdfast.inventory.NodeReadiness;
import dev.holdfast.pci.PciAddress;
import dev.holdfast.telemetry.AgentMeters;
import dev.holdfast.telemetry.EventWriter.Content;
import dev.holdfast.testbed.fixtures.FakeKernel;
import dev.holdfast.testbed.fixtures.FakeSysfs;
import dev.holdfast.testbed.fixtures.Groups;
import dev.holdfast.testbed.fixtures.Hosts;
import dev.holdfast.testbed.fixtures.NodeReadinesses;
import dev.holdfast.testbed.fixtures.SettableClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs rounds as the agent's loop does; attempts run when the test calls them. */
class BindControllerTest {
    private static final String GPU = "0000:03:00.0";
    private static final String AUDIO = "0000:03:00.1";
    private static final DeviceClass BINDS = gpus(PassthroughDeviceClassSpec.Binding.Bind);
    private static final DeviceClass ADOPTS = gpus(PassthroughDeviceClassSpec.Binding.Adopt);
    private static final Set<PciAddress> NONE_HELD = Set.of();

    @TempDir
    Path directory;

    private final SettableClock clock = new SettableClock();
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final Deque<Runnable> attempts = new ArrayDeque<>();
    private final List<Content> announced = new ArrayList<>();
    private NodeReadiness readiness = NodeReadinesses.ready();

    /** Runs while the binder waits for the kernel at a write. */
    private Runnable duringWrite = () -> {};

    private FakeSysfs sysfs;
    private FakeKernel kernel;
    private AllocationGate gate;
    private BindController binder;

    @BeforeEach
    void gpuOnItsNativeDriver() throws IOException {
        sysfs = new FakeSysfs(directory.resolve("sys"));
        sysfs.function(GPU, "10de:2236", "030000").group(7);
        sysfs.function(AUDIO, "10de:1aef", "040300").group(7);
        kernel = new FakeKernel(sysfs.root())
                .load("vfio-pci")
                .has(GPU, "nouveau")
                .has(AUDIO, "snd_hda_intel");
        gate = new AllocationGate(clock::nanoTime);
        clock.goOn(AllocationGate.REPORT_DELAY);
        put("proc/self/status", "CapEff:\t0000000001080004\n");
        binder = newBinder();
    }

    @Test
    void bindsForAClassThatBindsAndGivesBackWhenItNoLongerDoes() {
        round(NONE_HELD, BINDS);
        assertThat(binder.obstacle(Groups.id(GPU))).isEqualTo("the driver of 0000:03:00.0 is being changed");
        assertThat(gate.close(Groups.id(GPU), clock.nanoTime()))
                .as("closed for the kubelet by the binder")
                .isFalse();
        attempt();
        round(NONE_HELD, BINDS);

        assertThat(kernel.state(GPU)).isEqualTo("vfio-pci by vfio-pci");
        assertThat(binder.obstacle(Groups.id(GPU))).isNull();
        assertThat(binding(AUDIO).result()).isEqualTo(BindResult.Bound);
        assertThat(binding(AUDIO).formerDriver()).isEqualTo("snd_hda_intel");
        assertThat(binding(AUDIO).time()).isEqualTo("2026-11-22T12:00:10Z");

        round(NONE_HELD, ADOPTS);
        attempt();
        round(NONE_HELD, ADOPTS);

        assertThat(kernel.state(GPU)).isEqualTo("nouveau");
        assertThat(binding(GPU).result()).isEqualTo(BindResult.Restored);
        assertThat(announced).extracting(Content::reason).containsExactly("DeviceBound", "DeviceRestored");
        assertThat(count("Bound")).isEqualTo(1);
        assertThat(count("Restored")).isEqualTo(1);
        assertThat(meters.get("holdfast.bind").tag("result", "Bound").timer().count())
                .isEqualTo(1);
    }

    @Test
    void neverTakesADeviceFromItsVfioVariantDriver() throws IOException {
        kernel.load("nvgrace_gpu_vfio_pci").has(GPU, "nvgrace_gpu_vfio_pci").has(AUDIO, "snd_hda_intel");
        round(NONE_HELD, BINDS);
        attempt();
        round(NONE_HELD, BINDS);

        assertThat(kernel.state(GPU)).isEqualTo("nvgrace_gpu_vfio_pci");
        assertThat(kernel.state(AUDIO)).as("a companion is no such device").isEqualTo("vfio-pci by vfio-pci");
        assertThat(kernel.writes()).noneMatch(write -> write.contains(GPU));
    }

    @Test
    void neverTakesAVgpuFromTheDriverOfItsVendor() throws IOException {
        kernel.load("nvidia").has(GPU, "nvidia").has(AUDIO, "vfio-pci");
        put("sys/devices/pci0000:00/" + GPU + "/vfio-dev/vfio0/dev", "511:0\n");
        put("sys/devices/pci0000:00/" + GPU + "/nvidia/current_vgpu_type", "0\n");
        round(NONE_HELD, BINDS);

        assertThat(attempts).isEmpty();
        assertThat(kernel.writes()).isEmpty();
    }

    @Test
    void changesNothingForAClassThatAdopts() {
        round(NONE_HELD, ADOPTS);

        assertThat(attempts).isEmpty();
        assertThat(binder.bindings()).isEmpty();
        assertThat(binder.nextRound()).isEmpty();
    }

    @Test
    void keepsTheDriverOfADeviceInUseAndBindsItWhenItIsFree() {
        sysfs.function(AUDIO, "10de:1aef", "040300").group(7).file("sriov_numvfs", "2\n");
        round(NONE_HELD, BINDS);
        attempt();
        assertThat(binder.takeResults()).as("no driver was touched").isFalse();
        round(NONE_HELD, BINDS);

        assertThat(attempts).isEmpty();
        assertThat(kernel.writes()).isEmpty();
        assertThat(binding(GPU).result()).isEqualTo(BindResult.InUse);
        assertThat(binder.obstacle(Groups.id(GPU))).isEqualTo(binding(GPU).message());
        assertThat(binding(GPU).message())
                .isEqualTo("0000:03:00.1 is in use: 2 virtual functions of it are enabled; write 0 to its sriov_numvfs"
                        + " when no VM has any of them, then it will be bound");
        assertThat(announced).extracting(Content::reason).containsExactly("DeviceInUse");
        assertThat(announced.getFirst().warning()).isTrue();
        assertThat(binder.nextRound()).contains(clock.instant().plusSeconds(10));

        sysfs.function(AUDIO, "10de:1aef", "040300").group(7).file("sriov_numvfs", "0\n");
        clock.goOn(Duration.ofSeconds(10));
        round(NONE_HELD, BINDS);
        attempt();
        round(NONE_HELD, BINDS);

        assertThat(binding(GPU).result()).isEqualTo(BindResult.Bound);
        assertThat(count("InUse")).isEqualTo(1);
    }

    @Test
    void neverChangesAGroupThatIsOrMayBeHeld() {
        bound();

        round(Set.of(PciAddress.parse(GPU)), ADOPTS);
        round(Set.of(PciAddress.parse(AUDIO)), ADOPTS);
        round(null, ADOPTS);
        assertThat(attempts).as("held by a pod, by a grant, or unknown").isEmpty();

        AllocationGate justStarted = new AllocationGate(clock::nanoTime);
        gate = justStarted;
        binder = newBinder();
        round(NONE_HELD, ADOPTS);
        assertThat(attempts)
                .as("the agent before may have allocated it just now")
                .isEmpty();
        assertThat(binder.nextRound()).contains(clock.instant().plus(AllocationGate.REPORT_DELAY));

        clock.goOn(AllocationGate.REPORT_DELAY);
        round(NONE_HELD, ADOPTS);
        assertThat(attempts).hasSize(1);
    }

    @Test
    void doesOneThingAtATimeToAGroup() {
        round(NONE_HELD, BINDS);
        round(NONE_HELD, BINDS);
        round(NONE_HELD, ADOPTS);

        assertThat(attempts).hasSize(1);
    }

    @Test
    void reportsAMissingOverlayAndKeepsOfferingDevices() throws IOException {
        Files.delete(sysfs.root().resolve("bus/pci/drivers_probe"));

        round(NONE_HELD, BINDS);

        assertThat(binding(GPU).message())
                .isEqualTo("device class gpu has binding: Bind, but this agent may not change drivers, so 0000:03:00.0"
                        + " keeps its driver; install the overlay overlays/bind, which lets agents write to sysfs"
                        + " (kubectl apply -k overlays/bind)");
        assertThat(announced).extracting(Content::reason).containsExactly("BindFailed");
        assertThat(kernel.writes()).isEmpty();
    }

    @Test
    void reportsMissingPreconditionsBeforeAnyChange() {
        kernel.unload("vfio-pci");
        round(NONE_HELD, BINDS);
        assertThat(binding(GPU).message()).contains("found no driver vfio-pci; load it with modprobe vfio-pci");

        sysfs.function("0000:03:1f.0", "8086:a305", "060100").group(7).driver("lpc_ich");
        kernel.load("vfio-pci");
        clock.goOn(BindAttempts.BACKOFF.longest());
        round(NONE_HELD, BINDS);
        assertThat(binding(GPU).message())
                .isEqualTo("0000:03:00.0 shares its IOMMU group with a part of the chipset, which is not taken from its"
                        + " driver (0000:03:1f.0 with lpc_ich); move the card to another slot");
        assertThat(attempts).isEmpty();
    }

    @Test
    void retriesLaterAndAnnouncesTheSameFailureOnce() {
        kernel.failAt(0).failAt(2);
        round(NONE_HELD, BINDS);
        attempt();
        round(NONE_HELD, BINDS);
        assertThat(binding(GPU).result()).isEqualTo(BindResult.Failed);
        clock.goOn(Duration.ofSeconds(9));
        round(NONE_HELD, BINDS);
        assertThat(attempts).isEmpty();

        clock.goOn(Duration.ofSeconds(1));
        round(NONE_HELD, BINDS);
        attempt();
        round(NONE_HELD, BINDS);

        assertThat(announced).hasSize(1);
        assertThat(count("Failed")).isEqualTo(2);
        assertThat(binder.nextRound()).contains(clock.instant().plusSeconds(20));
        clock.goOn(Duration.ofSeconds(20));
        round(NONE_HELD, BINDS);
        attempt();
        round(NONE_HELD, BINDS);
        assertThat(binding(GPU).result()).isEqualTo(BindResult.Bound);
    }

    @Test
    void continuesWhileADriverDoesNotReleaseADeviceAndReportsIt() {
        round(NONE_HELD, BINDS);
        clock.goOn(Duration.ofSeconds(30));
        duringWrite = () -> {
            duringWrite = () -> {};
            round(NONE_HELD, BINDS);

            assertThat(binding(GPU).message()).startsWith("a driver has not released 0000:03:00.0 for 30 s");
            assertThat(binder.obstacle(Groups.id(GPU))).isNotNull();
            assertThat(binder.nextRound()).as("no additional rounds").isEmpty();
        };
        attempt();
        round(NONE_HELD, BINDS);
        assertThat(binding(GPU).result()).isEqualTo(BindResult.Bound);
    }

    @Test
    void theNextAgentGivesBackWhatThisOneBound() {
        bound();
        announced.clear();

        binder = newBinder();
        round(NONE_HELD, BINDS);
        assertThat(binding(GPU).result()).isEqualTo(BindResult.Bound);
        assertThat(announced).as("no new outcome").isEmpty();

        round(NONE_HELD);
        attempt();
        round(NONE_HELD);

        assertThat(kernel.state(GPU)).isEqualTo("nouveau");
        assertThat(kernel.state(AUDIO)).isEqualTo("snd_hda_intel");
    }

    @Test
    void doesNotGiveBackWhatAnAdministratorBound() {
        FakeKernel administrator = new FakeKernel(sysfs.root());
        administrator.has(GPU, "vfio-pci").has(AUDIO, "vfio-pci");

        round(NONE_HELD, BINDS);
        round(NONE_HELD);

        assertThat(attempts).isEmpty();
        assertThat(kernel.writes()).isEmpty();
    }

    @Test
    void opensTheGroupOnlyAfterItsNewStateWasOffered() {
        bound();
        binder.round(look(ADOPTS), readiness, List.of(ADOPTS), NONE_HELD, clock.nanoTime());
        attempt();

        assertThat(binder.takeResults()).isTrue();
        assertThat(gate.close(Groups.id(GPU), clock.nanoTime()))
                .as("closed still")
                .isFalse();
        binder.offered();
        binder.done();

        assertThat(gate.close(Groups.id(GPU), clock.nanoTime())).isTrue();
    }

    @Test
    void checksTheUseOfAGroupOutsideTheRoundWithTheGateClosed() {
        round(NONE_HELD, BINDS);
        assertThat(gate.close(Groups.id(GPU), clock.nanoTime())).isFalse();
        clock.goOn(Duration.ofSeconds(30));
        round(NONE_HELD, BINDS);

        assertThat(binding(GPU).message())
                .isEqualTo(
                        "checking which process uses 0000:03:00.0 has taken 30 s and continues; check whether a process"
                                + " of the node has a file open on a file system that is not responding");
        assertThat(kernel.writes()).isEmpty();
    }

    @Test
    void ignoresAnAnswerOfTheKubeletThatIsTooOld() {
        long asked = clock.nanoTime() - 1;
        binder.takeResults();
        binder.round(look(BINDS), readiness, List.of(BINDS), NONE_HELD, asked);
        binder.offered();
        binder.done();

        assertThat(attempts).isEmpty();
        assertThat(binder.nextRound()).contains(clock.instant().plus(AllocationGate.REPORT_DELAY));
    }

    @Test
    void forgetsAGroupThatHasLeftTheBusAndReportsIt() {
        bound();
        announced.clear();
        sysfs.remove(GPU);
        round(NONE_HELD, BINDS);
        assertThat(attempts)
                .as("the audio function may be all that is back so far")
                .isEmpty();

        sysfs.remove(AUDIO);
        round(Set.of(PciAddress.parse(GPU)), BINDS);
        assertThat(attempts).as("a pod has it").isEmpty();
        round(NONE_HELD, BINDS);
        attempt();
        round(NONE_HELD, BINDS);

        assertThat(announced)
                .singleElement()
                .isEqualTo(new Content(
                        false,
                        "DeviceGone",
                        "0000:03:00.0, which was bound to vfio-pci for device class gpu, has left the PCI bus;"
                                + " nothing has to be given back, and it is treated as new when it returns"));
        assertThat(binder.bindings()).isEmpty();
        round(NONE_HELD, BINDS);
        assertThat(attempts).isEmpty();
    }

    @Test
    void givesBackTheRestOfAGroupWhenItsClassIsDeleted() {
        bound();
        sysfs.remove(GPU);

        round(NONE_HELD, ADOPTS);
        attempt();
        round(NONE_HELD, ADOPTS);

        assertThat(kernel.state(AUDIO)).isEqualTo("snd_hda_intel");
    }

    @Test
    void waitsWhileAFunctionCannotBeRead() {
        bound();
        sysfs.function(GPU, "10de:2236", "030000").without("vendor");
        assertThat(look(BINDS).unread()).hasSize(1);

        round(NONE_HELD, BINDS);
        round(NONE_HELD, ADOPTS);

        assertThat(attempts).isEmpty();
        assertThat(announced).extracting(Content::reason).containsExactly("DeviceBound");
    }

    @Test
    void keepsTheDriverOfAGroupThatNoVmCouldUse() {
        readiness = NodeReadinesses.of(true, true, false, false);
        round(NONE_HELD, BINDS);
        assertThat(binding(GPU).message())
                .startsWith("0000:03:00.0 keeps its driver, since no VM could use it: found no usable /dev/kvm");
        round(NONE_HELD, BINDS);
        assertThat(attempts).isEmpty();

        readiness = NodeReadinesses.ready();
        sysfs.function(AUDIO, "10de:1aef", "040300").without("vendor");
        round(NONE_HELD, BINDS);
        assertThat(binding(GPU).message())
                .startsWith("0000:03:00.0 keeps its driver, since no VM could use it: 0000:03:00.1 of IOMMU group"
                        + " 7 could not be read");
        assertThat(attempts).isEmpty();

        round(NONE_HELD, BINDS);
        sysfs.function(AUDIO, "10de:1aef", "040300");
        round(NONE_HELD, BINDS);
        assertThat(attempts).as("at once when the facts have changed").hasSize(1);
    }

    @Test
    void keepsTheDriverOfAGroupWhoseUseIsUnknown() throws IOException {
        opensSound("4711", "pipewire");
        put("proc/self/status", "CapEff:\t0000000001000000\n");
        round(NONE_HELD, BINDS);
        attempt();
        round(NONE_HELD, BINDS);

        assertThat(binding(GPU).result()).isEqualTo(BindResult.Failed);
        assertThat(binding(GPU).message())
                .isEqualTo(
                        "0000:03:00.0 keeps its driver, since it is unknown whether a process has it open: the agent"
                                + " has no CAP_SYS_PTRACE or no CAP_DAC_READ_SEARCH; install the overlay overlays/bind unchanged");
        assertThat(kernel.writes()).isEmpty();
    }

    @Test
    void announcesAnOpenDeviceOnceForDifferentProcesses() throws IOException {
        opensSound("100", "beep");
        round(NONE_HELD, BINDS);
        attempt();
        round(NONE_HELD, BINDS);
        String first = binding(GPU).message();
        assertThat(first)
                .isEqualTo(
                        "0000:03:00.1 is in use: /dev/snd/controlC0 is held open by process 100 (beep); end that process,"
                                + " then it will be bound");

        opensSound("101", "beep");
        Files.delete(directory.resolve("proc/100/fd/3"));
        for (int look = 0; look < 29; look++) {
            clock.goOn(Duration.ofSeconds(10));
            round(NONE_HELD, BINDS);
            attempt();
            round(NONE_HELD, BINDS);
        }
        assertThat(binding(GPU).message()).isEqualTo(first);
        assertThat(announced).hasSize(1);

        clock.goOn(Duration.ofSeconds(10));
        round(NONE_HELD, BINDS);
        attempt();
        round(NONE_HELD, BINDS);
        assertThat(binding(GPU).message()).contains("process 101 (beep)");
        assertThat(announced).hasSize(2);

        sysfs.function(GPU, "10de:2236", "030000").file("sriov_numvfs", "2\n");
        clock.goOn(Duration.ofSeconds(10));
        round(NONE_HELD, BINDS);
        attempt();
        round(NONE_HELD, BINDS);
        assertThat(announced).as("another kind of use").hasSize(3);
    }

    @Test
    void leavesAGroupToAnotherVirtualMachineAndDoesNotOfferItUntilTheClassBindsAgain() throws IOException {
        bound();
        // The character device 1:3, by which a process has the function open with iommufd.
        put("sys/devices/pci0000:00/" + GPU + "/vfio-dev/vfio0/dev", "1:3\n");
        put("sys/devices/pci0000:00/" + GPU + "/vfio-dev/vfio0/uevent", "DEVNAME=vfio/devices/vfio0\n");
        opens("4711", "crosvm");
        round(NONE_HELD, ADOPTS);
        attempt();
        round(NONE_HELD, ADOPTS);

        assertThat(binder.obstacle(Groups.id(GPU)))
                .isEqualTo("0000:03:00.0 is in use: /dev/vfio/devices/vfio0 is held open by process 4711 (crosvm);"
                        + " end that process, then it will be given back");
        assertThat(kernel.state(GPU)).isEqualTo("vfio-pci by vfio-pci");

        round(NONE_HELD, BINDS);
        assertThat(binder.obstacle(Groups.id(GPU))).isNull();
        assertThat(binding(GPU).result()).isEqualTo(BindResult.Bound);
    }

    private void opensSound(String pid, String command) throws IOException {
        put("sys/devices/pci0000:00/" + AUDIO + "/sound/card0/controlC0/dev", "1:3\n");
        put("sys/devices/pci0000:00/" + AUDIO + "/sound/card0/controlC0/uevent", "DEVNAME=snd/controlC0\n");
        opens(pid, command);
    }

    /** The character device 1:3 is null on every Linux. */
    private void opens(String pid, String command) throws IOException {
        put("proc/" + pid + "/comm", command + "\n");
        Path descriptors = Files.createDirectories(directory.resolve("proc/" + pid + "/fd"));
        Files.createSymbolicLink(descriptors.resolve("3"), Path.of("/dev/null"));
    }

    private void put(String file, String text) throws IOException {
        Path path = directory.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }

    private void bound() {
        round(NONE_HELD, BINDS);
        attempt();
        round(NONE_HELD, BINDS);
        assertThat(binding(GPU).result()).isEqualTo(BindResult.Bound);
    }

    private void round(@Nullable Set<PciAddress> held, DeviceClass... classes) {
        binder.takeResults();
        binder.round(look(classes), readiness, List.of(classes), held, clock.nanoTime());
        binder.offered();
        binder.done();
    }

    private void attempt() {
        attempts.remove().run();
    }

    private Inventory look(DeviceClass... classes) {
        try {
            return Inventory.of(
                    Hosts.ready(new Sysfs(sysfs.root()).scan()), List.of(classes), Map.of(), Inventory.EMPTY);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private DriverBinding binding(String address) {
        return Objects.requireNonNull(binder.bindings().get(PciAddress.parse(address)), address);
    }

    private double count(String result) {
        return meters.get("holdfast.binds").tag("result", result).counter().count();
    }

    private BindController newBinder() {
        Path proc = directory.resolve("proc");
        return new BindController(
                new BindController.Host(
                        new PciDrivers(sysfs.root(), (file, text) -> {
                            duringWrite.run();
                            kernel.write(file, text);
                        }),
                        new PciUsers(sysfs.root(), proc),
                        new DeviceOpeners(proc),
                        directory.resolve("state")),
                "boot",
                gate,
                attempts::add,
                () -> {},
                announced::add,
                new AgentMeters(meters),
                clock);
    }

    private static DeviceClass gpus(PassthroughDeviceClassSpec.Binding binding) {
        return new DeviceClass(
                "gpu",
                List.of(new Selector("10de", null, null, null, null, null)),
                Map.of(),
                binding,
                Companions.Auto,
                Allocation.DevicePlugin);
    }
}
