package dev.holdfast.truth;

import dev.holdfast.memlock.Exact;
import dev.holdfast.qemu.QemuArgv;
import dev.holdfast.stage.Build;
import dev.holdfast.stage.VirtualNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Runs scenarios on the virtual node, whose devices are prepared, one at a time. */
public final class Bench {
    static final long PAGE = 4096;

    private final Build build;
    private final VirtualNode node;
    private final @Nullable String qemuTree;

    /** With the QEMU that this host has installed. */
    public Bench(Build build, VirtualNode node) {
        this(build, node, null);
    }

    /** @param qemuTree as the node's users see it; null for the QEMU that this host has installed */
    Bench(Build build, VirtualNode node, @Nullable String qemuTree) {
        this.build = build;
        this.node = node;
        this.qemuTree = qemuTree;
    }

    /**
     * Three guests: under the computed limit, which tells the peak; under exactly that peak, which proves that nothing
     * higher was missed; and under one page less, which has to fail.
     */
    public Finding find(Scenario scenario) {
        Run atLimit = run(
                scenario, Objects.requireNonNull(Exact.plan(scenario.input()).limitBytes()));
        long peakBytes = atLimit.peakBytes();
        if (peakBytes < PAGE) {
            return Finding.of(scenario, atLimit, null, null);
        }
        return Finding.of(scenario, atLimit, run(scenario, peakBytes), run(scenario, peakBytes - PAGE));
    }

    private Run run(Scenario scenario, long limitBytes) {
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

    /** The same machine by the QEMU and the UEFI firmware of a tree. */
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
