package dev.holdfast.qemu.argv;

import dev.holdfast.memlock.MemlockInput.Video;
import dev.holdfast.memlock.VideoMemory;
import dev.holdfast.qemu.shape.GuestPaths;
import dev.holdfast.qemu.shape.QemuShape;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Command line of QEMU, made from the shape of a machine and the facts of its node. */
public final class QemuArgv {
    /** The program, which is the first word of every command line. */
    public static final String PROGRAM = "qemu-system-x86_64";

    private static final long MIB = 1L << 20;

    private QemuArgv() {}

    /**
     * Returns the whole command line, starting with the program's name.
     *
     * @throws IllegalArgumentException with a message for users, when devices or firmware of shape and node differ, the
     *     display model does not support the shape's video memory, or the node cannot address the BARs of its devices
     */
    public static List<String> of(QemuShape shape, NodeFacts node) {
        checkDevices(shape, node);
        checkFirmware(shape, node);
        List<String> argv = new ArrayList<>(List.of(PROGRAM));
        argv.addAll(List.of("-name", "guest=" + escape(shape.namespace() + "/" + shape.name()) + ",debug-threads=on"));
        argv.addAll(List.of("-uuid", shape.uuid()));
        argv.addAll(List.of("-no-user-config", "-nodefaults", "-display", "none"));
        // Once it runs, QEMU starts no process, does not change its user, and uses no obsolete system calls.
        argv.addAll(List.of(
                "-sandbox",
                "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
                "-msg",
                "timestamp=on"));
        argv.addAll(node.opened().arguments());
        addMachine(argv, shape, node);
        addConsoleAndControl(argv);
        argv.addAll(LifecycleArgv.arguments());
        addKernel(argv, shape, node.opened());
        addVideo(argv, shape);
        argv.addAll(IommuArgv.device(shape));
        argv.addAll(MachineOptionsArgv.of(shape.options()));
        argv.addAll(WindowArgv.of(shape, node));
        argv.addAll(PassthroughArgv.of(shape, node));
        argv.addAll(EmulatedArgv.of(shape, node));
        return List.copyOf(argv);
    }

    private static void checkDevices(QemuShape shape, NodeFacts node) {
        Set<String> wanted = new TreeSet<>(shape.devices());
        Set<String> given = new TreeSet<>(node.devices().keySet());
        if (!wanted.equals(given) || wanted.size() != shape.devices().size()) {
            throw new IllegalArgumentException(
                    "the node gives the devices %s, but the machine has %s; delete the pod so that a new one is created"
                            .formatted(given, shape.devices()));
        }
    }

    private static void checkFirmware(QemuShape shape, NodeFacts node) {
        if ((shape.options().uefi() == null) != (node.firmware() == null)) {
            throw new IllegalArgumentException(
                    "the machine has %s, but the launcher prepared %s; use the launcher image of the operator's version"
                            .formatted(
                                    shape.options().uefi() == null ? "no UEFI" : "UEFI",
                                    node.firmware() == null ? "none" : node.firmware()));
        }
    }

    private static void addMachine(List<String> argv, QemuShape shape, NodeFacts node) {
        NodeFacts.Accelerator accelerator = node.accelerator();
        argv.addAll(MemoryArgv.of(shape));
        argv.addAll(FirmwareArgv.flash(node.firmware()));
        argv.addAll(List.of(
                "-machine",
                "q35,memory-backend=" + MemoryArgv.BACKEND + ",dump-guest-core=off" + ClockArgv.machine(accelerator)
                        + IommuArgv.machine(shape, accelerator) + FirmwareArgv.machine(node.firmware())));
        argv.addAll(
                switch (accelerator) {
                    case KVM -> List.of("-accel", "kvm");
                    case TCG -> List.of("-accel", "tcg,tb-size=" + Math.max(1, shape.tcgBufferBytes() / MIB));
                });
        argv.addAll(CpuArgv.of(shape, node));
        argv.addAll(ClockArgv.of(shape, accelerator));
    }

    private static void addConsoleAndControl(List<String> argv) {
        // The container's terminal is the guest's console; with signal=off Ctrl-C goes to the guest instead of ending
        // QEMU.
        argv.addAll(List.of("-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console"));
        argv.addAll(List.of(
                "-chardev",
                "socket,id=qmp,path=" + GuestPaths.QMP_SOCKET + ",server=on,wait=off",
                "-mon",
                "chardev=qmp,mode=control"));
    }

    private static void addKernel(List<String> argv, QemuShape shape, InheritedDescriptors opened) {
        QemuShape.Kernel kernel = shape.kernel();
        if (kernel == null) {
            return;
        }
        argv.addAll(List.of("-kernel", opened.path(kernel.image())));
        if (kernel.initrd() != null) {
            argv.addAll(List.of("-initrd", opened.path(kernel.initrd())));
        }
        if (!kernel.args().isEmpty()) {
            argv.addAll(List.of("-append", kernel.args()));
        }
    }

    private static void addVideo(List<String> argv, QemuShape shape) {
        Video video = shape.video();
        long bytes = VideoMemory.bytes(video, shape.videoBytes());
        String place = ",id=video0,bus=pcie.0,addr=0x1";
        switch (video) {
            case NONE -> {}
            case VGA -> argv.addAll(List.of("-device", "VGA" + place + ",vgamem_mb=" + bytes / MIB));
            case VIRTIO -> argv.addAll(List.of("-device", "virtio-vga" + place));
            case BOCHS -> argv.addAll(List.of("-device", "bochs-display" + place + ",vgamem=" + bytes));
            case RAMFB -> argv.addAll(List.of("-device", "ramfb,id=video0"));
            case VIRTIO_GPU, CIRRUS, QXL, QXL_SECONDARY, VMVGA ->
                throw new IllegalArgumentException(
                        "unknown display %s: must be none, vga, virtio, bochs or ramfb; use the launcher image of the operator's version"
                                .formatted(video));
        }
    }

    /** Doubles commas: a single comma would end the value. */
    static String escape(String value) {
        return value.replace(",", ",,");
    }
}
