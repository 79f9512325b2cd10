package dev.holdfast.truth;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

class ChartTest {
    private static final long KIB = 1L << 10;
    private static final long MIB = 1L << 20;

    @Test
    void isXmlWithARowForEachFindingAndMarksInTheOrderOfTheirLimits() throws Exception {
        Document chart = chart(report("bookworm", "6.1.0-57-amd64", plain(256 * MIB), dimm(384 * MIB)));

        assertThat(chart.getDocumentElement().getTextContent())
                .contains("q35, no display", "a dimm of 128 MiB", "MiB", Kubevirt.FORMULA);
        // One of each in the legend, and one for each finding.
        assertThat(chart.getElementsByTagName("circle").getLength()).isEqualTo(3);
        double libvirt = number(chart, "circle", 1, "cx");
        assertThat(number(chart, "circle", 2, "cx")).isGreaterThan(libvirt);
        // The 128 MiB between the two, on the scale of the axis: 256 MiB between two lines of the grid.
        double grid = number(chart, "line", 1, "x1") - number(chart, "line", 0, "x1");
        assertThat(number(chart, "circle", 2, "cx") - libvirt).isCloseTo(grid / 2, Offset.offset(0.2));
    }

    /** And the bar at the left has the highest of all. */
    @Test
    void showsWhatTheLimitLeavesOfEachCombination() throws Exception {
        Document chart = chart(
                report("bookworm", "6.1.0-57-amd64", plain(256 * MIB), dimm(384 * MIB)),
                report("trixie", "6.12.57+deb13-amd64", plain(256 * MIB + 256 * KIB), dimm(385 * MIB)));

        assertThat(chart.getDocumentElement().getTextContent()).contains("Linux 6.1, QEMU 7.2", "Linux 6.12, QEMU 7.2");
        // One in the legend; the limit is 256 KiB and the margin of 1 MiB above the RAM.
        assertThat(widths(chart, "c0").skip(1).boxed().toList()).hasSize(2);
        double first = widths(chart, "c0").skip(1).findFirst().orElseThrow();
        double second = widths(chart, "c1").skip(1).findFirst().orElseThrow();
        assertThat(second / first).isCloseTo(1024.0 / 1280, Offset.offset(0.01));
        Document alone = chart(report("bookworm", "6.1.0-57-amd64", plain(256 * MIB), dimm(384 * MIB)));
        assertThat(last(widths(chart, "peak"))).isGreaterThan(last(widths(alone, "peak")));
    }

    @Test
    void leavesAGapWhereACombinationWasNotMeasured() throws Exception {
        Document chart = chart(
                report("bookworm", "6.1.0-57-amd64", plain(256 * MIB), dimm(384 * MIB)),
                report("trixie", "6.12.57+deb13-amd64", dimm(384 * MIB)));

        assertThat(widths(chart, "c0").count()).isEqualTo(3);
        assertThat(widths(chart, "c1").count()).isEqualTo(2);
    }

    private static double last(DoubleStream widths) {
        return widths.reduce((former, width) -> width).orElseThrow();
    }

    private static Finding plain(long peakBytes) {
        return Finding.of(PromisesTest.named("q35"), PromisesTest.runs(peakBytes), null, null);
    }

    private static Finding dimm(long peakBytes) {
        return Finding.of(PromisesTest.named("dimm"), PromisesTest.runs(peakBytes), null, null);
    }

    private static Report report(String combination, String kernel, Finding... findings) {
        return new Report(
                combination,
                LocalDate.EPOCH,
                kernel,
                "QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18+b3)",
                1,
                List.of(findings));
    }

    private static Document chart(Report... reports) throws Exception {
        return DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new ByteArrayInputStream(Chart.of(List.of(reports)).getBytes(StandardCharsets.UTF_8)));
    }

    private static DoubleStream widths(Document chart, String style) {
        NodeList bars = chart.getElementsByTagName("rect");
        return IntStream.range(0, bars.getLength())
                .mapToObj(i -> (Element) bars.item(i))
                .filter(bar -> bar.getAttribute("class").equals(style))
                .mapToDouble(bar -> Double.parseDouble(bar.getAttribute("width")));
    }

    private static double number(Document chart, String element, int index, String attribute) {
        return Double.parseDouble(((Element) chart.getElementsByTagName(element).item(index)).getAttribute(attribute));
    }
}
