package dev.holdfast.truth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Golden;
import dev.holdfast.memlock.ExactPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Tests that the measurements of {@code make kernel-truth} match the current calculator, and that the page
 * and the chart show them. With {@code -Dholdfast.golden=write} page and chart are written again.
 */
class KernelTruthPageTest {
    private static final Path PAGE = Path.of("docs", "kernel-truth.md");
    private static final Path CHART = Path.of("docs", "kernel-truth.svg");

    static Stream<Report> reports() throws IOException {
        return Measured.read(Measured.FOLDER).stream();
    }

    @ParameterizedTest
    @MethodSource("reports")
    void aCombinationIsMeasuredInEveryScenarioAndNothingIsBroken(Report report) {
        assertThat(report.findings())
                .extracting(Finding::scenario)
                .containsExactlyElementsOf(
                        Scenarios.all().stream().map(Scenario::name).toList());
        assertThat(report.broken()).isEmpty();
        assertThat(report.findings()).allMatch(Finding::peakSuffices);
        assertThat(report.findings())
                .allSatisfy(finding -> assertThat(finding.onePageBelow())
                        .isNotNull()
                        .extracting(Finding.OnePageBelow::outcome)
                        .isIn(Outcome.REFUSED_AT_START.toString(), Outcome.ABORTED_LATER.toString()));
    }

    @ParameterizedTest
    @MethodSource("reports")
    void isAboutWhatIsComputedToday(Report report) {
        for (Scenario scenario : Scenarios.all()) {
            Finding measured = report.of(scenario).orElseThrow();
            Finding today = Finding.of(scenario, PromisesTest.runs(measured.peakBytes()), null, null);

            assertThat(computed(measured))
                    .as("%s, %s", report.combination(), scenario)
                    .isEqualTo(computed(today));
            assertThat(today.broken())
                    .as("%s, %s", report.combination(), scenario)
                    .isEmpty();
        }
    }

    /** Measured by hand before this command knew another release, with Linux 6.12 and QEMU 10.0 and guests of 256 MiB. */
    @ParameterizedTest
    @CsvSource({"q35, 262400", "vga, 278784", "virtio-vga, 270592", "bochs, 278816"})
    void agreesWithWhatWasMeasuredByHand(String scenario, long kib) throws IOException {
        Scenario named = PromisesTest.named(scenario);

        assertThat(ExactPolicy.plan(named.input()).requiredBytes()).isBetween(kib * 1024, (kib + 256) * 1024);
        assertThat(Measured.read(Measured.FOLDER))
                .filteredOn(report -> report.combination().equals("trixie"))
                .singleElement()
                .satisfies(report ->
                        assertThat(report.of(named).orElseThrow().peakBytes()).isEqualTo(kib * 1024));
    }

    @Test
    void pageAndChartShowIt() throws IOException {
        List<Report> measured = Measured.read(Measured.FOLDER);
        if (Golden.isWritten()) {
            Files.writeString(PAGE, Page.of(measured));
            Files.writeString(CHART, Chart.of(measured));
        }

        assertThat(PAGE).hasContent(Page.of(measured));
        assertThat(CHART).hasContent(Chart.of(measured));
        assertThat(Files.readString(PAGE)).doesNotContain(Outcome.RAN.toString(), Outcome.ENDED_OTHERWISE.toString());
    }

    private static List<Object> computed(Finding finding) {
        return List.of(
                finding.title(),
                finding.memoryBytes(),
                finding.requiredBytes(),
                finding.limitBytes(),
                finding.libvirtBytes(),
                finding.kubevirtBytes());
    }
}
