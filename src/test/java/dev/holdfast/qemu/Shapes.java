package dev.holdfast.qemu;

import dev.holdfast.memlock.MemlockInput.Video;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Machines for the tests. */
public final class Shapes {
    public static final QemuShape.Kernel KERNEL = new QemuShape.Kernel(
            GuestPaths.KERNEL_DIR + "/boot/vmlinuz", GuestPaths.KERNEL_DIR + "/boot/initrd", "console=ttyS0 init=/a,b");

    private Shapes() {}

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
