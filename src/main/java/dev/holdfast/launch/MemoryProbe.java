package dev.holdfast.launch;

import dev.holdfast.qemu.argv.FirmwareFiles;
import dev.holdfast.qemu.argv.NodeFacts.Accelerator;
import dev.holdfast.qemu.dryrun.DryRun;
import dev.holdfast.qemu.shape.QemuShape;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Measures what VFIO will map, as {@link DryRun#measure} does. */
@FunctionalInterface
public interface MemoryProbe {
    /**
     * Measures one machine.
     *
     * @param qemu        the program
     * @param environment {@code NAME=value} each
     * @param firmware    its UEFI firmware, null for SeaBIOS
     * @param limit       time limit
     */
    DryRun.Outcome measure(
            Path qemu,
            List<String> environment,
            QemuShape shape,
            Accelerator accelerator,
            @Nullable FirmwareFiles firmware,
            Duration limit);
}
