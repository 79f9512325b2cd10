package dev.holdfast.truth;

import dev.holdfast.memlock.ExactPolicy;
import dev.holdfast.qemu.argv.QemuArgv;
import dev.holdfast.testbed.Build;
import dev.holdfast.testbed.VirtualNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Runs scenarios on the virtual node, whose devices are prepared, one at a time. */
public final class Bench {
    static final long PAGE = 4096;

    /** A peak that lasts for less than the time between two looks is missed now and then, on a busy host above all. */
    private static final int ATTEMPTS = 4;

    private final Runner runner;

    /** One guest under one limit. */
    interface Runner {
        Run run(Scenario scenario, long limitBytes);
    }

    Bench(Runner runner) {
        this.runner = runner;
    }

    /** With the QEMU that this host has installed. */
    public Bench(Build build, VirtualNode node) {
        this(build, node, null);
    }

    /** @param qemuTree as the node's users see it; null for the QEMU that this host has installed */
    Bench(Build build, VirtualNode node, @Nullable String qemuTree) {
        this((scenario, limitBytes) -> run(build, node, qemuTree, scenario, limitBytes));
    }

    /**
     * Three guests: under the computed limit, which shows the peak; under exactly that peak, which proves that nothing
     * higher was missed; and under one page less, which has to fail. When the second one is refused the first is repeated,
     * and the highest peak counts.
     */
    public Finding find(Scenario scenario) {
        long limitBytes =
                Objects.requireNonNull(ExactPolicy.plan(scenario.input()).limitBytes());
        Run atLimit = runner.run(scenario, limitBytes);
        if (atLimit.peakBytes() < PAGE) {
            return Finding.of(scenario, atLimit, null, null);
        }
        Run atPeak = runner.run(scenario, atLimit.peakBytes());
        for (int attempt = 1; attempt < ATTEMPTS && atPeak.kernelRefused(atLimit.peakBytes()); attempt++) {
            Run again = runner.run(scenario, limitBytes);
            if (again.peakBytes() > atLimit.peakBytes()) {
                atLimit = again;
                atPeak = runner.run(scenario, atLimit.peakBytes());
            }
        }
        return Finding.of(scenario, atLimit, atPeak, runner.run(scenario, atLimit.peakBytes() - PAGE));
    }

    private static Run run(
            Build build, VirtualNode node, @Nullable String qemuTree, Scenario scenario, long limitBytes) {
        Firmware firmware = scenario.firmware();
        List<String> command = new ArrayList<>(List.of(
                build.script("kernel-truth/measure").toString(),
                Long.toString(limitBytes),
                Integer.toString(firmware.seconds()),
                firmware.console(),
                firmware.lastWords(),
                Integer.toString(scenario.hugePages()),
                String.join(",", scenario.addresses()),
                "--"));
        command.addAll(qemuTree == null ? scenario.argv() : inTree(scenario.argv(), qemuTree));
        return Run.parse(node.exec(command.toArray(String[]::new)).orThrow());
    }

    /** Returns the command line with the QEMU and the UEFI firmware of a tree. */
    static List<String> inTree(List<String> argv, String tree) {
        return argv.stream()
                .map(word -> word.equals(QemuArgv.PROGRAM) ? program(tree) : word)
                .map(word -> word.replace("file=" + Firmware.OVMF_FOLDER, "file=" + tree + Firmware.OVMF_FOLDER))
                .toList();
    }

    static String program(String tree) {
        return tree + "/launch/" + QemuArgv.PROGRAM;
    }
}
