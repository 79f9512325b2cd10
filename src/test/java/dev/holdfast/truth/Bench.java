package dev.holdfast.truth;

import dev.holdfast.memlock.Exact;
import dev.holdfast.stage.Build;
import dev.holdfast.stage.VirtualNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Runs scenarios on the virtual node, whose devices are prepared, one at a time. */
public final class Bench {
    static final long PAGE = 4096;

    private final Build build;
    private final VirtualNode node;

    public Bench(Build build, VirtualNode node) {
        this.build = build;
        this.node = node;
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
        command.addAll(scenario.argv());
        return Run.parse(node.exec(command.toArray(String[]::new)).orThrow());
    }
}
