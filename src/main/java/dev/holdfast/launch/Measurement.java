package dev.holdfast.launch;

import dev.holdfast.qemu.NodeFacts.Accelerator;
import dev.holdfast.qemu.QemuShape;
import dev.holdfast.qemu.dryrun.DryRun;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Asks QEMU what VFIO will map, as {@link DryRun#measure} does. */
@FunctionalInterface
public interface Measurement {
    /**
     * Measures one machine.
     *
     * @param qemu        the program
     * @param environment {@code NAME=value} each
     * @param limit       how long it may take
     */
    DryRun.Outcome measure(
            Path qemu, List<String> environment, QemuShape shape, Accelerator accelerator, Duration limit);
}
