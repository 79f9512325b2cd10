package dev.holdfast.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.node.BarType;
import dev.holdfast.api.node.DeviceBar;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.node.PassthroughNodeStatus;
import dev.holdfast.testbed.fixtures.DeviceBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

final class ReportedBarsTest {
    private final ReportedBars bars = new ReportedBars();

    @Test
    void areUnknownBeforeTheFirstReport() {
        assertThat(bars.largest().largest("gpu", false)).isEmpty();
    }

    @Test
    void areThoseOfTheLargestDeviceOfAnyNode() {
        bars.put(node("small", 16L << 30));
        bars.put(node("large", 64L << 30));

        assertThat(bars.largest().largest("gpu", false)).isEqualTo(OptionalLong.of(64L << 30));
    }

    @Test
    void shrinkWithANodeThatIsReplacedOrRemoved() {
        bars.put(node("small", 16L << 30));
        bars.put(node("large", 64L << 30));
        bars.largest();

        bars.put(node("large", 32L << 30));
        assertThat(bars.largest().largest("gpu", false)).isEqualTo(OptionalLong.of(32L << 30));

        bars.remove(node("large", 32L << 30));
        assertThat(bars.largest().largest("gpu", false)).isEqualTo(OptionalLong.of(16L << 30));
    }

    @Test
    void areNotComparedAgainForAReportWithTheSameBars() {
        bars.put(node("node", 16L << 30));
        var before = bars.largest();

        bars.put(node("node", 16L << 30));

        assertThat(bars.largest()).isSameAs(before);
    }

    private static PassthroughNode node(String name, long bytes) {
        PassthroughNode node = new PassthroughNode();
        node.setMetadata(new ObjectMetaBuilder().withName(name).build());
        node.setStatus(new PassthroughNodeStatus(
                "boot",
                null,
                List.of(DeviceBuilder.at("0000:01:00.0")
                        .group(1, "0000:01:00.0", "0000:01:00.0")
                        .deviceClass("gpu")
                        .bars(new DeviceBar(0, bytes, BarType.mem64, true))
                        .build()),
                null));
        return node;
    }
}
