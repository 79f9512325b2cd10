package dev.holdfast.stage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.memlock.Exact;
import dev.holdfast.memlock.MemlockInput;
import dev.holdfast.truth.Bench;
import dev.holdfast.truth.Scenario;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The whole chain with the embedded cluster, and what the kernel of the node says without any. */
class VirtualNodeIT extends WholeChain {
    private static final long PAGE = 4096;

    /** The GPU that no VM of these tests uses: alone in its group. */
    private static final String SPARE_GPU = "0000:02:00.0";

    VirtualNodeIT() {
        super(Path.of("target/virtual-node-it"), EmbeddedCluster::start);
    }

    @Test
    void theKernelRefusesTheFirstMappingOnePageBelowWhatItNeeds() {
        var input = new MemlockInput(256 * MIB, PAGE, MemlockInput.Firmware.SEABIOS, MemlockInput.Video.NONE, null, 1);

        var enough = mapUnder(Exact.plan(input).requiredBytes());
        assertThat(enough.status()).as(enough.out() + enough.err()).isZero();

        var onePageLess = mapUnder(256 * MIB - PAGE);
        assertThat(onePageLess.status()).isNotZero();
        assertThat(onePageLess.err()).contains("Cannot allocate memory");
        assertThat(stage.node().exec("dmesg").orThrow())
                .contains("RLIMIT_MEMLOCK (%d) exceeded".formatted(256 * MIB - PAGE));
    }

    /** Those that differ most; {@code make kernel-truth} runs all. */
    @ParameterizedTest
    @MethodSource("dev.holdfast.truth.Scenarios#inEveryBuild")
    void theKernelChargesWhatWasCounted(Scenario scenario) {
        assertThat(new Bench(build, stage.node()).find(scenario).broken()).isEmpty();
    }

    private VirtualNode.Output mapUnder(long limitBytes) {
        return stage.node()
                .exec(build.script("stage/map-under-limit").toString(), SPARE_GPU, "256", Long.toString(limitBytes));
    }
}
