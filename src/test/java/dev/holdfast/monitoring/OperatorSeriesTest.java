package dev.holdfast.monitoring;

import static dev.holdfast.testbed.Progress.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Slow;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The number of series on the page of the operator does not depend on the number of VMs. */
@Slow
class OperatorSeriesTest {
    /** A real operator reads and reports each. docs/monitoring.md has the number of series with 10,000. */
    private static final int VMS = Integer.getInteger("holdfast.series.vms", 300);

    private static final Logger log = LoggerFactory.getLogger(OperatorSeriesTest.class);

    @TempDir
    Path directory;

    @Test
    void manyVmsAddNoSeries() throws Exception {
        try (OperatorPage page = OperatorPage.start(directory)) {
            page.world().createHaltedVms(0, 1);
            eventually("the first is reported", () -> stopped(page) == 1);
            List<String> before = series(page);

            page.world().createHaltedVms(1, VMS);

            eventually("all are reported", () -> stopped(page) == VMS);
            assertThat(series(page)).isSubsetOf(before).hasSizeLessThan(400);
            log.atInfo()
                    .addKeyValue("vms", VMS)
                    .addKeyValue("series", lines(page).count())
                    .log("the page of the operator was read");
        }
    }

    private static int stopped(OperatorPage page) throws IOException, InterruptedException {
        return lines(page)
                .filter(line -> line.startsWith("holdfast_vms{phase=\"Stopped\"}"))
                .map(line -> line.substring(line.lastIndexOf(' ') + 1))
                .mapToInt(count -> (int) Double.parseDouble(count))
                .sum();
    }

    /** Names with labels, without values. Collectors and threads of the JVM come and go. */
    private static List<String> series(OperatorPage page) throws IOException, InterruptedException {
        return lines(page)
                .filter(line -> !line.startsWith("jvm_"))
                .map(line -> line.substring(0, line.lastIndexOf(' ')))
                .toList();
    }

    private static Stream<String> lines(OperatorPage page) throws IOException, InterruptedException {
        return page.text().lines().filter(line -> !line.startsWith("#"));
    }
}
