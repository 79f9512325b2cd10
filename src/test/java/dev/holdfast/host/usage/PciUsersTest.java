package dev.holdfast.host.usage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.pci.PciAddress;
import dev.holdfast.testbed.fixtures.FakeSysfs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Uses trees as the kernel makes them below a function, each with one kind of use. */
class PciUsersTest {
    private static final PciAddress FUNCTION = PciAddress.parse("0000:05:00.0");

    @TempDir
    Path directory;

    private PciUsers users;
    private Path sys;
    private Path device;

    @BeforeEach
    void function() throws IOException {
        sys = directory.resolve("sys");
        new FakeSysfs(sys).function(FUNCTION.toString(), "8086:10d3", "020000").group(12);
        device = sys.resolve("bus/pci/devices/" + FUNCTION).toRealPath();
        users = new PciUsers(sys, directory.resolve("proc"));
        put("proc/1/mountinfo", "22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw\n");
        put("proc/swaps", "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
    }

    @Test
    void findsNothingOnAnUnusedFunction() throws IOException {
        below("sriov_numvfs", "0\n");
        below("net/eth1/flags", "0x1002\n");
        below("drm/card0/card0-VGA-1/enabled", "disabled\n");
        below("drm/card0/card0-VGA-1/modes", "");
        disk("nvme/nvme1/nvme1n1", "259:5");

        assertThat(users.uses(FUNCTION)).isEmpty();
    }

    @Test
    void findsVirtualFunctions() throws IOException {
        below("sriov_numvfs", "4\n");

        assertThat(users.uses(FUNCTION)).containsExactly(new PciUse.VirtualFunctions(4));
    }

    @Test
    void findsAnInterfaceThatIsUpAndOneInAnotherNamespace() throws IOException {
        below("net/eth1/flags", "0x1003\n");
        assertThat(users.uses(FUNCTION)).containsExactly(new PciUse.Network("eth1"));

        Files.delete(device.resolve("net/eth1/flags"));
        Files.delete(device.resolve("net/eth1"));
        assertThat(users.uses(FUNCTION)).containsExactly(new PciUse.NetworkElsewhere());
    }

    @Test
    void findsAKeyboardThatIsPluggedIn() throws IOException {
        below("usb3/3-1/3-1:1.0/0003:046D:C31C.0001/input/input7/name", "A \"Keyboard\"\n");
        below("usb3/3-1/3-1:1.0/0003:046D:C31C.0001/input/input7/event3/dev", "13:67\n");
        below("sound/card0/input9/name", "HDA NVidia HDMI/DP,pcm=3\n");

        assertThat(users.uses(FUNCTION)).containsExactly(new PciUse.Input("A \"Keyboard\""));
    }

    @Test
    void findsADisplayThatIsOn() throws IOException {
        below("drm/card0/card0-HDMI-A-1/enabled", "enabled\n");
        below("drm/card0/card0-HDMI-A-1/modes", "1920x1080\n");

        assertThat(users.uses(FUNCTION)).containsExactly(new PciUse.Display("card0-HDMI-A-1"));
    }

    @Test
    void findsTheConsoleOnItsFramebuffer() throws IOException {
        below("graphics/fb0/name", "nouveaudrmfb\n");
        put("sys/class/vtconsole/vtcon1/name", "(M) frame buffer device\n");
        put("sys/class/vtconsole/vtcon1/bind", "0\n");
        assertThat(users.uses(FUNCTION)).isEmpty();

        put("sys/class/vtconsole/vtcon1/bind", "1\n");
        assertThat(users.uses(FUNCTION)).containsExactly(new PciUse.Console("fb0"));
    }

    @Test
    void countsTheFirmwaresFramebufferForTheBootVga() throws IOException {
        put("sys/class/vtconsole/vtcon1/name", "(M) frame buffer device\n");
        put("sys/class/vtconsole/vtcon1/bind", "1\n");
        Path framebuffer = sys.resolve("devices/platform/efi-framebuffer.0");
        Files.createDirectories(framebuffer);
        Files.createDirectories(sys.resolve("class/graphics/fb0"));
        Files.createSymbolicLink(sys.resolve("class/graphics/fb0/device"), framebuffer);
        below("boot_vga", "0\n");
        assertThat(users.uses(FUNCTION)).isEmpty();

        below("boot_vga", "1\n");
        assertThat(users.uses(FUNCTION)).containsExactly(new PciUse.Console("fb0"));
    }

    @Test
    void findsAMountedPartition() throws IOException {
        disk("nvme/nvme1/nvme1n1", "259:5");
        disk("nvme/nvme1/nvme1n1/nvme1n1p2", "259:7");
        put("proc/1/mountinfo", "36 22 259:7 / /mnt/my\\040data rw shared:5 - ext4 /dev/nvme1n1p2 rw\n");

        assertThat(users.uses(FUNCTION)).containsExactly(new PciUse.Mounted("nvme1n1p2", "/mnt/my data"));
    }

    @Test
    void findsABtrfsByItsSource() throws IOException {
        disk("nvme/nvme1/nvme1n1", "259:5");
        put("proc/1/mountinfo", "36 22 0:44 /root / rw - btrfs /dev/nvme1n1 rw,subvol=/root\n");

        assertThat(users.uses(FUNCTION)).containsExactly(new PciUse.Mounted("nvme1n1", "/"));
    }

    @Test
    void findsADiskThatTheKernelHasBelowAnNvmeSubsystem() throws IOException {
        Files.createDirectories(device.resolve("nvme/nvme1"));
        Path subsystem = sys.resolve("devices/virtual/nvme-subsystem/nvme-subsys1");
        disk(subsystem.resolve("nvme1n1"), "259:5");
        Files.createSymbolicLink(subsystem.resolve("nvme1"), device.resolve("nvme/nvme1"));
        Files.createDirectories(sys.resolve("class/nvme-subsystem"));
        Files.createSymbolicLink(sys.resolve("class/nvme-subsystem/nvme-subsys1"), subsystem);
        put("proc/1/mountinfo", "36 22 259:5 / /data rw - xfs /dev/nvme1n1 rw\n");

        assertThat(users.uses(FUNCTION)).containsExactly(new PciUse.Mounted("nvme1n1", "/data"));
    }

    @Test
    void findsSwapAndStackedDevices() throws IOException {
        disk("ata1/host0/target0:0:0/0:0:0:0/block/sda", "8:0");
        below("ata1/host0/target0:0:0/0:0:0:0/block/sda/holders/dm-0", "");
        put("proc/swaps", "Filename\t\t\t\tType\t\tSize\n/dev/sda                                partition\t1\n");

        assertThat(users.uses(FUNCTION)).containsExactly(new PciUse.Swap("sda"), new PciUse.Stacked("sda", "dm-0"));
    }

    @Test
    void namesTheProcessThatHasOneOfItsDevicesOpen() throws IOException {
        below("sound/card0/controlC0/dev", "1:3\n");
        below("sound/card0/controlC0/uevent", "MAJOR=1\nMINOR=3\nDEVNAME=snd/controlC0\n");
        put("proc/4711/comm", "pipewire\n");
        Files.createDirectories(directory.resolve("proc/4711/fd"));
        Files.createSymbolicLink(directory.resolve("proc/4711/fd/0"), Path.of("/dev/zero"));
        DeviceOpeners files = new DeviceOpeners(directory.resolve("proc"));
        assertThat(users.nodes(FUNCTION)).containsExactly(new DeviceNode("snd/controlC0", false, 1, 3));
        mayInspectAll();
        assertThat(files.search(users.nodes(FUNCTION))).isEqualTo(new DeviceOpeners.Result.Unopened());

        // The character device 1:3 of every Linux.
        Files.createSymbolicLink(directory.resolve("proc/4711/fd/17"), Path.of("/dev/null"));

        assertThat(files.search(users.nodes(FUNCTION)))
                .isEqualTo(new DeviceOpeners.Result.Opened(new PciUse.Opened("snd/controlC0", 4711, "pipewire")));
        assertThat(files.search(List.of(new DeviceNode("disk", true, 1, 3))))
                .isEqualTo(new DeviceOpeners.Result.Unopened());
    }

    @Test
    void reportsThatItMayNotReadTheDescriptorsOfOthers() throws IOException {
        DeviceOpeners files = new DeviceOpeners(directory.resolve("proc"));
        List<DeviceNode> nodes = List.of(new DeviceNode("null", false, 1, 3));
        assertThat(files.search(nodes)).isInstanceOf(DeviceOpeners.Result.Hidden.class);
        assertThat(files.search(List.of()))
                .as("there is nothing to open")
                .isEqualTo(new DeviceOpeners.Result.Unopened());

        put("proc/self/status", "Name:\tjava\nCapEff:\t0000000001000000\n");
        assertThat(files.search(nodes))
                .isEqualTo(new DeviceOpeners.Result.Hidden("the agent has no CAP_SYS_PTRACE or no"
                        + " CAP_DAC_READ_SEARCH; install the overlay overlays/bind unchanged"));

        mayInspectAll();
        assertThat(files.search(nodes)).isEqualTo(new DeviceOpeners.Result.Unopened());
    }

    @Test
    void reportsAProcessThatMayNotBeInspectedButNotOneThatHasEnded() throws IOException {
        DeviceOpeners files = new DeviceOpeners(directory.resolve("proc"));
        List<DeviceNode> nodes = List.of(new DeviceNode("null", false, 1, 3));
        mayInspectAll();
        put("proc/4711/comm", "ended\n");
        Files.createDirectories(directory.resolve("proc/4712/fd"));
        Files.createSymbolicLink(directory.resolve("proc/4712/fd/3"), Path.of("/closed/meanwhile"));
        assertThat(files.search(nodes)).isEqualTo(new DeviceOpeners.Result.Unopened());

        // Not a link, so it cannot be read, like a link that the kernel protects: in a test root can read any
        // directory.
        put("proc/4713/fd", "");
        put("proc/4713/comm", "secret\n");
        assertThat(files.search(nodes))
                .isEqualTo(
                        new DeviceOpeners.Result.Hidden("the kernel does not show the agent the files that secret has"
                                + " open; the agent must not be confined by a security module (AppArmor, SELinux), as in"
                                + " the overlay overlays/bind"));

        Files.createDirectories(directory.resolve("proc/4714/fd"));
        Files.createSymbolicLink(directory.resolve("proc/4714/fd/0"), Path.of("/dev/null"));
        put("proc/4714/comm", "cat\n");
        assertThat(files.search(nodes))
                .isEqualTo(new DeviceOpeners.Result.Opened(new PciUse.Opened("null", 4714, "cat")));
    }

    @Test
    void doesNotStatFilesOnRemoteFileSystems() throws IOException {
        DeviceOpeners files = new DeviceOpeners(directory.resolve("proc"));
        List<DeviceNode> nodes = List.of(new DeviceNode("null", false, 1, 3));
        mayInspectAll();
        Files.createDirectories(directory.resolve("proc/4711/fd"));
        Files.createSymbolicLink(directory.resolve("proc/4711/fd/5"), Path.of("/dev/null"));
        put("proc/4711/fdinfo/5", "pos:\t0\nflags:\t0100000\nmnt_id:\t36\n");
        put("proc/4711/mountinfo", "36 22 0:44 / /mnt rw shared:5 - fuse.sshfs host:/ rw,user_id=1000\n");
        assertThat(files.search(nodes)).isEqualTo(new DeviceOpeners.Result.Unopened());

        put("proc/4711/mountinfo", "36 22 0:6 / /dev rw - devtmpfs devtmpfs rw\n");
        assertThat(files.search(nodes)).isInstanceOf(DeviceOpeners.Result.Opened.class);
    }

    @Test
    void listsNodesThatAVirtualMachineMonitorOpens() throws IOException {
        assertThat(users.vfioNodes(FUNCTION)).isEmpty();

        put("sys/class/vfio/12/dev", "243:0\n");
        below("vfio-dev/vfio3/dev", "511:3\n");
        below("vfio-dev/vfio3/uevent", "MAJOR=511\nMINOR=3\nDEVNAME=vfio/devices/vfio3\n");

        assertThat(users.vfioNodes(FUNCTION))
                .containsExactly(
                        new DeviceNode("vfio/12", false, 243, 0), new DeviceNode("vfio/devices/vfio3", false, 511, 3));
    }

    private void mayInspectAll() throws IOException {
        put("proc/self/status", "Name:\tjava\nCapEff:\t0000000001080004\n");
    }

    @Test
    void spellsDeviceNumbersAsStatDoes() {
        assertThat(LongStream.of(
                        new DeviceNode("null", false, 1, 3).rdev(),
                        new DeviceNode("big", false, 0x1234, 0xabcde).rdev()))
                .containsExactly(0x103L, 0x1000abc234deL);
    }

    private void disk(String path, String number) throws IOException {
        disk(device.resolve(path), number);
    }

    private void disk(Path path, String number) throws IOException {
        Files.createDirectories(path.resolve("holders"));
        Files.writeString(path.resolve("dev"), number + "\n");
        Path block = Files.createDirectories(sys.resolve("class/block"));
        Files.createSymbolicLink(path.resolve("subsystem"), block);
    }

    private void below(String file, String text) throws IOException {
        write(device.resolve(file), text);
    }

    private void put(String file, String text) throws IOException {
        write(directory.resolve(file), text);
    }

    private static void write(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }
}
