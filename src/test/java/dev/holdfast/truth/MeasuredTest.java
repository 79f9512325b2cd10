package dev.holdfast.truth;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MeasuredTest {
    private static final long PEAK = 256L << 20;

    @TempDir
    private Path folder = Path.of("");

    @Test
    void keepsOneCombinationWhenAnotherIsMeasuredAnew() throws IOException {
        Report trixie = report("trixie", "6.12.57+deb13-amd64", PEAK + 262144);
        Measured.write(folder, trixie);
        Measured.write(folder, report("bookworm", "6.1.0-56-amd64", PEAK));
        Report anew = report("bookworm", "6.1.0-57-amd64", PEAK);
        Measured.write(folder, anew);

        assertThat(Measured.read(folder)).containsExactly(anew, trixie);
    }

    @Test
    void thePageHasAColumnForEachCombinationAndNamesThoseThatAreMissing() {
        String page = Page.of(List.of(
                report("bookworm", "6.1.0-57-amd64", PEAK), report("trixie", "6.12.57+deb13-amd64", PEAK + 262144)));

        assertThat(page.lines())
                .anySatisfy(line ->
                        assertThat(line).matches("\\| bookworm +\\| 6.1.0-57-amd64 +\\| 7.2.22 .*\\| 1970-01-01 .*"))
                .anySatisfy(line -> assertThat(line).matches("\\| trixie +\\| 6.12.57\\+deb13-amd64 .*"))
                .anySatisfy(line -> assertThat(line).matches("\\| scenario .*\\| bookworm \\| trixie \\|"))
                // By the lower peak.
                .anySatisfy(line -> assertThat(line).matches("\\| q35, no display .* 1.0049 .* 262144 \\| 262400 \\|"))
                .contains("Not measured: bookworm+trixie, trixie+bookworm.");
    }

    private static Report report(String combination, String kernel, long peakBytes) {
        Finding finding = Finding.of(
                PromisesTest.named("q35"),
                PromisesTest.runs(peakBytes),
                PromisesTest.runs(peakBytes),
                PromisesTest.refused(peakBytes - Bench.PAGE));
        return new Report(
                combination,
                LocalDate.EPOCH,
                kernel,
                "QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18+b3)",
                60,
                List.of(finding));
    }
}
