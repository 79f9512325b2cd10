package dev.holdfast.virtualnode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.Names;
import dev.holdfast.api.deviceclass.PassthroughDeviceClass;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Selector;
import dev.holdfast.api.node.BindResult;
import dev.holdfast.api.node.Device;
import dev.holdfast.api.node.DeviceState;
import dev.holdfast.api.node.DriverBinding;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.testbed.BindOverlay;
import dev.holdfast.testbed.Build;
import dev.holdfast.testbed.EmbeddedCluster;
import dev.holdfast.testbed.HostProcess;
import dev.holdfast.testbed.Stage;
import dev.holdfast.testbed.VmFiles;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * The overlay overlays/bind on a real kernel with its own drivers: devices that are used for something, then free, bound,
 * and given back. One boot; each test leaves the devices as the next finds them.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class RealDriversIT {
    private static final String GPU = "0000:03:00.0";
    private static final String AUDIO = "0000:03:00.1";
    private static final String NETWORK_CARD = "0000:05:00.0";
    private static final String DISK = "0000:06:00.0";

    private final Build build = Build.here();
    private final Path work = Path.of("target/binder-it").toAbsolutePath();
    private final Stage stage = Stage.set(build, work, EmbeddedCluster::start);
    private final KubernetesClient admin = stage.cluster().admin();

    @BeforeAll
    void bringUp() {
        stage.api().install(build.root().resolve("examples/device-classes.yaml"));
        stage.cluster().deployAgent();
        withOverlay();
        stage.bootNode();
        stage.await("the agent has reported two free groups").until(() -> {
            stage.checkAlive();
            return stage.api().freeGroups() == 2;
        });
        inNode("modprobe e1000e && modprobe nvme && ip link set eth1 up");
        inNode("mkfs.ext2 -q /dev/nvme0n1 && mkdir -p /mnt/disk && mount /dev/nvme0n1 /mnt/disk");
    }

    private void withOverlay() {
        admin.apps()
                .daemonSets()
                .inNamespace(Stage.NAMESPACE)
                .withName(Names.AGENT)
                .edit(daemonSet -> BindOverlay.appliedTo(daemonSet, build.root()));
    }

    @AfterAll
    void takeDown() {
        stage.close();
    }

    @Test
    @Order(1)
    void aFunctionThatAProcessHasOpenIsLeftUntilItIsFreeAndThenTheGroupIsOffered() {
        assertThat(driver(AUDIO)).isEqualTo("snd_hda_intel");
        HostProcess player = stage.node()
                .start(
                        "player",
                        work.resolve("player.log"),
                        "sh",
                        "-c",
                        "exec sleep 3600 < $(ls /dev/snd/controlC* | head -n 1)");
        stage.await("the player plays")
                .until(() -> inNode("ls -l /proc/[0-9]*/fd 2>/dev/null | grep -c /dev/snd/control || true")
                        .startsWith("1"));

        setBinding("cirrus", "Bind");

        DriverBinding inUse = await(AUDIO, BindResult.InUse);
        assertThat(inUse.message())
                .matches(AUDIO + " is in use: /dev/snd/controlC\\d is held open by process \\d+ \\(sleep\\);"
                        + " end that process, then it will be bound");
        assertThat(driver(AUDIO)).isEqualTo("snd_hda_intel");

        player.close();

        DriverBinding bound = await(AUDIO, BindResult.Bound);
        assertThat(bound.formerDriver()).isEqualTo("snd_hda_intel");
        assertThat(driver(AUDIO)).isEqualTo("vfio-pci");
        stage.await("three groups are free").until(() -> stage.api().freeGroups() == 3);
        assertThat(reasonsTold()).contains("DeviceInUse", "DeviceBound");
        assertThat(stage.node()
                        .exec("busybox", "wget", "-qO-", "http://127.0.0.1:8080/metrics")
                        .orThrow())
                .containsPattern("holdfast_binds_total\\{result=\"Bound\"} 1");
    }

    @Test
    @Order(2)
    void aNetworkCardThatIsUpAndAMountedDiskAreLeftUntilTheyAreNot() {
        create("nic", new Selector("8086", "10d3", null, null, null, null));
        create("disk", new Selector(null, null, null, null, "0108", null));

        assertThat(await(NETWORK_CARD, BindResult.InUse).message()).contains("its network interface eth1 is up");
        assertThat(await(DISK, BindResult.InUse).message()).contains("nvme0n1 is mounted at /mnt/disk");
        assertThat(driver(NETWORK_CARD)).isEqualTo("e1000e");
        assertThat(driver(DISK)).isEqualTo("nvme");

        inNode("ip link set eth1 down && umount /mnt/disk");

        assertThat(await(NETWORK_CARD, BindResult.Bound).formerDriver()).isEqualTo("e1000e");
        assertThat(await(DISK, BindResult.Bound).formerDriver()).isEqualTo("nvme");
        assertThat(driver(NETWORK_CARD)).isEqualTo("vfio-pci");
        assertThat(driver(DISK)).isEqualTo("vfio-pci");
    }

    @Test
    @Order(3)
    void aKilledAgentsSuccessorGivesBackWhatNoClassBindsAnyMore() {
        // Not by a shell, whose own command line would match.
        stage.node().exec("pkill", "-KILL", "-f", "app.Holdfast agent").orThrow();
        deleteClass("nic");

        awaitGivenBack(NETWORK_CARD, "e1000e");
        assertThat(inNode("ls /sys/class/net")).contains("eth1");
        assertThat(driver(AUDIO)).as("its class binds it still").isEqualTo("vfio-pci");
        assertThat(device(DISK).orElseThrow().state()).isEqualTo(DeviceState.Free);
    }

    @Test
    @Order(4)
    void aGroupThatAVmHasIsGivenBackOnlyAfterIt() {
        PassthroughVM vm = VmFiles.withoutGuest(VmFiles.read(build.root().resolve("examples/blocked-vm.yaml")));
        stage.api().apply(vm);
        stage.await("the VM has its grant").until(() -> stage.api().grants() == 1);

        setBinding("cirrus", "Adopt");
        deleteClass("disk");
        awaitGivenBack(DISK, "nvme");

        assertThat(driver(AUDIO)).as("told of first, and held").isEqualTo("vfio-pci");
        assertThat(driver(GPU)).isEqualTo("vfio-pci");
        assertThat(stage.api().grants()).isEqualTo(1);

        stage.api().deleteVms();
        awaitGivenBack(AUDIO, "snd_hda_intel");
        assertThat(stage.api().grants()).isZero();
        assertThat(driver(GPU)).as("an administrator put it there").isEqualTo("vfio-pci");
    }

    private void setBinding(String deviceClass, String binding) {
        admin.resources(PassthroughDeviceClass.class)
                .withName(deviceClass)
                .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\": {\"binding\": \"" + binding + "\"}}");
    }

    private void create(String name, Selector selector) {
        PassthroughDeviceClass made = new PassthroughDeviceClass();
        made.setMetadata(new ObjectMetaBuilder().withName(name).build());
        made.setSpec(new PassthroughDeviceClassSpec(
                List.of(selector), Map.of(), PassthroughDeviceClassSpec.Binding.Bind, null, null));
        admin.resource(made).create();
    }

    private void deleteClass(String name) {
        admin.resources(PassthroughDeviceClass.class).withName(name).delete();
    }

    private DriverBinding await(String address, BindResult result) {
        return stage.await(address + " is " + result)
                .until(
                        () -> {
                            stage.checkAlive();
                            return device(address).map(Device::binding);
                        },
                        binding -> binding.filter(found -> found.result() == result)
                                .isPresent())
                .orElseThrow();
    }

    private Optional<Device> device(String address) {
        return stage.api()
                .devices()
                .filter(device -> device.pciAddress().equals(address))
                .findFirst();
    }

    /** By the Event: looking at the node again and again would keep its only processor from the agent. */
    private void awaitGivenBack(String address, String driver) {
        stage.await("an Event tells that " + address + " is back on " + driver)
                .until(() -> told().anyMatch(event -> "DeviceRestored".equals(event.getReason())
                        && event.getNote().contains(address + " to " + driver)));
        assertThat(driver(address)).isEqualTo(driver);
    }

    private List<String> reasonsTold() {
        return told().map(Event::getReason).toList();
    }

    private Stream<Event> told() {
        return admin.events().v1().events().inNamespace("default").list().getItems().stream()
                .filter(event -> "PassthroughNode".equals(event.getRegarding().getKind())
                        && Stage.NODE.equals(event.getRegarding().getName()));
    }

    private String driver(String address) {
        return inNode("basename $(readlink /sys/bus/pci/devices/" + address + "/driver || echo none)")
                .strip();
    }

    private String inNode(String script) {
        return stage.node().exec("sh", "-c", script).orThrow();
    }
}
