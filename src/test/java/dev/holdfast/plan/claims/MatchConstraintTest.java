package dev.holdfast.plan.claims;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.Names;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

final class MatchConstraintTest {
    private static final String ROOT = "resource.kubernetes.io/pcieRoot";
    private static final int MAX_REQUESTS = 32;

    /** Any user may create such a claim. With a look at each device for each place this takes an hour. */
    @Test
    @Timeout(120)
    void comparesTheDevicesOfABigClusterAtOnce() {
        List<SliceDevice> devices = IntStream.range(0, 20_000)
                .mapToObj(i -> new SliceDevice(
                        new SliceDevice.Id(Names.DRA_DRIVER, "node-" + i, "d"),
                        "node-" + i,
                        Map.of(ROOT, "pci0000:64"),
                        OptionalLong.empty()))
                .toList();

        assertThat(new MatchConstraint(ROOT, Set.of()).satisfiable(Collections.nCopies(MAX_REQUESTS, devices)))
                .isEqualTo(1);
    }
}
