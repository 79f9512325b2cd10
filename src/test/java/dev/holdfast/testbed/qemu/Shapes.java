package dev.holdfast.testbed.qemu;

import dev.holdfast.memlock.MemlockInput.Video;
import dev.holdfast.pci.PciAddress;
import dev.holdfast.qemu.argv.FirmwareFiles;
import dev.holdfast.qemu.argv.NodeFacts;
import dev.holdfast.qemu.shape.DiskSource;
import dev.holdfast.qemu.shape.GuestPaths;
import dev.holdfast.qemu.shape.MachineOptions;
import dev.holdfast.qemu.shape.QemuDisk;
import dev.holdfast.qemu.shape.QemuNic;
import dev.holdfast.qemu.shape.QemuShape;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Machines for the tests. */
public final class Shapes {
    public static final QemuShape.Kernel KERNEL = new QemuShape.Kernel(
            GuestPaths.KERNEL_DIR + "/boot/vmlinuz", GuestPaths.KERNEL_DIR + "/boot/initrd", "console=ttyS0 init=/a,b");

    private static final long A100_BAR = 64L << 30;

    /** UEFI, and two GPUs of NVIDIA's with their GPUDirect clique; one shows no ROM, the other one from a file. */
    public static final QemuShape TWO_GPUS = of(64L << 30, null, Video.NONE, null, List.of("gpu0", "gpu1"))
            .with(new MachineOptions(
                    new MachineOptions.Uefi(false, false),
                    null,
                    null,
                    null,
                    null,
                    null,
                    null,
                    Map.of(
                            "gpu0",
                            new MachineOptions.DeviceOptions(null, false, 0),
                            "gpu1",
                            new MachineOptions.DeviceOptions("/run/holdfast/rom/gpu1/rom", null, 0))));

    private static final PciAddress ONE = PciAddress.parse("0000:3b:00.0");
    private static final PciAddress OTHER = PciAddress.parse("0000:af:00.0");

    /** A node with them: each has BARs of 64 GiB and of 32 MiB. */
    public static final NodeFacts TWO_A100 = new NodeFacts(
                    NodeFacts.Accelerator.KVM,
                    Map.of("gpu0", List.of(ONE), "gpu1", List.of(OTHER)),
                    Map.of(ONE, List.of(A100_BAR, 32L << 20), OTHER, List.of(A100_BAR, 32L << 20)),
                    46)
            .with(new FirmwareFiles("/code.fd", "/vars.fd", 528384, false));

    /** Plain but for UEFI, null for SeaBIOS. */
    public static MachineOptions board(MachineOptions.@Nullable Uefi uefi) {
        return new MachineOptions(uefi, null, null, null, null, null, null, Map.of());
    }

    /** One of each kind. */
    public static final List<QemuDisk> DISKS = List.of(
            disk(
                    "root",
                    QemuDisk.Bus.VIRTIO,
                    false,
                    new DiskSource.ContainerImage(
                            "/run/holdfast/volumes/root", null, "/run/holdfast/scratch/root/overlay.qcow2", 20L << 30)),
            disk(
                    "data",
                    QemuDisk.Bus.NVME,
                    false,
                    new DiskSource.Claim("data", "/dev/holdfast/data", true, QemuDisk.Format.RAW)),
            disk(
                    "scratch",
                    QemuDisk.Bus.SATA,
                    false,
                    new DiskSource.Empty("/run/holdfast/scratch/scratch/disk.img", 1 << 20)),
            disk(
                    "seed",
                    QemuDisk.Bus.VIRTIO,
                    true,
                    new DiskSource.CloudInit(
                            new DiskSource.Text("s", "/run/holdfast/volumes/seed/user"),
                            null,
                            "0a9e2b5c",
                            "gpu-vm",
                            "/run/holdfast/media/seed.iso")));

    public static final QemuNic NIC = new QemuNic(
            "default",
            QemuNic.Model.VIRTIO,
            "02:11:22:33:44:55",
            List.of(new QemuNic.Port(false, 8080), new QemuNic.Port(true, 5353)));

    private Shapes() {}

    /** Returns a disk with the spec's defaults. */
    public static QemuDisk disk(String name, QemuDisk.Bus bus, boolean readOnly, DiskSource source) {
        return new QemuDisk(name, bus, false, readOnly, null, name, null, null, true, source);
    }

    public static QemuShape plain(Video video, @Nullable Long videoBytes) {
        return of(128L << 20, null, video, videoBytes, List.of());
    }

    public static QemuShape with(QemuShape.Iommu iommu, long memoryBytes, List<String> devices) {
        return of(memoryBytes, null, Video.NONE, null, iommu, devices);
    }

    public static QemuShape of(
            long memoryBytes,
            QemuShape.@Nullable Kernel kernel,
            Video video,
            @Nullable Long videoBytes,
            List<String> devices) {
        return of(memoryBytes, kernel, video, videoBytes, null, devices);
    }

    private static QemuShape of(
            long memoryBytes,
            QemuShape.@Nullable Kernel kernel,
            Video video,
            @Nullable Long videoBytes,
            QemuShape.@Nullable Iommu iommu,
            List<String> devices) {
        return new QemuShape(
                "default",
                "gpu-vm",
                "0a9e2b5c-7d0f-4b7e-9a43-0f4c2e9c1a55",
                true,
                64L << 20,
                "host-passthrough",
                1,
                2,
                1,
                memoryBytes,
                kernel,
                video,
                videoBytes,
                iommu,
                devices);
    }
}
