package dev.holdfast.launch;

import dev.holdfast.host.kernel.RefusedFileException;
import dev.holdfast.launch.disk.KeptOpenFiles;
import dev.holdfast.qemu.shape.GuestPaths;
import dev.holdfast.qemu.shape.MachineOptions.DeviceOptions;
import dev.holdfast.qemu.shape.QemuShape;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;

/**
 * Files that a machine reads besides its disks: the kernel, its initrd and option ROMs. Their volumes are not trusted: a
 * link in one could lead to another file of the pod, which the guest would then read.
 */
final class MachineFiles {
    private final Path root;
    private final KeptOpenFiles files;

    /** @param root root directory of the container: {@code /} */
    MachineFiles(Path root, KeptOpenFiles files) {
        this.root = root;
        this.files = files;
    }

    /** Opens the files of a shape. */
    void open(QemuShape shape) throws LaunchException {
        QemuShape.Kernel kernel = shape.kernel();
        if (kernel != null) {
            kernel("kernelPath", kernel.image());
            if (kernel.initrd() != null) {
                kernel("initrdPath", kernel.initrd());
            }
        }
        for (var device : shape.options().devices().entrySet()) {
            DeviceOptions options = device.getValue();
            if (options.romFile() != null) {
                Path rom = Path.of(options.romFile());
                open(
                        "the option ROM of " + device.getKey(),
                        "check its romFile",
                        options.romFile(),
                        Objects.requireNonNull(rom.getParent()),
                        rom.getFileName().toString());
            }
        }
    }

    private void kernel(String field, String path) throws LaunchException {
        String inImage = path.startsWith(GuestPaths.KERNEL_DIR + "/")
                ? path.substring(GuestPaths.KERNEL_DIR.length() + 1)
                : path;
        open(
                "/%s of the kernel's container image".formatted(inImage),
                "correct spec.firmware.kernelBoot.container." + field,
                path,
                Path.of(GuestPaths.KERNEL_DIR),
                inImage);
    }

    private void open(String what, String remedy, String inShape, Path folder, String name) throws LaunchException {
        try {
            files.other(inShape, root.resolve(folder.toString().substring(1)), name);
        } catch (RefusedFileException e) {
            String problem = switch (e.reason()) {
                case MISSING -> "does not exist";
                case OUTSIDE -> "leads out of its volume";
                case OTHER_KIND -> "is not a regular file";
                case DENIED -> "is not readable for user and group 107";
            };
            throw LaunchException.failed("%s %s; %s".formatted(what, problem, remedy));
        } catch (IOException e) {
            throw LaunchException.failed(e);
        }
    }
}
