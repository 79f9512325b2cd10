package dev.holdfast.truth;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

class ChartTest {
    private static final long MIB = 1L << 20;

    @Test
    void isXmlWithARowForEachFindingAndMarksInTheOrderOfTheirLimits() throws Exception {
        Finding plain = Finding.of(PromisesTest.named("q35"), PromisesTest.runs(256 * MIB), null, null);
        Finding dimm = Finding.of(PromisesTest.named("dimm"), PromisesTest.runs(384 * MIB), null, null);

        Document chart = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new ByteArrayInputStream(Chart.of(List.of(plain, dimm)).getBytes(StandardCharsets.UTF_8)));

        assertThat(chart.getDocumentElement().getTextContent())
                .contains("q35, no display", "a dimm of 128 MiB", "MiB", Kubevirt.FORMULA);
        // One of each in the legend, and one for each finding.
        assertThat(chart.getElementsByTagName("circle").getLength()).isEqualTo(3);
        double libvirt = number(chart, "circle", 1, "cx");
        assertThat(number(chart, "circle", 2, "cx")).isGreaterThan(libvirt);
        // The 128 MiB between the two, on the scale of the axis: 256 MiB between two lines of the grid.
        double grid = number(chart, "line", 1, "x1") - number(chart, "line", 0, "x1");
        assertThat(number(chart, "circle", 2, "cx") - libvirt)
                .isCloseTo(grid / 2, org.assertj.core.data.Offset.offset(0.2));
    }

    private static double number(Document chart, String element, int index, String attribute) {
        return Double.parseDouble(((Element) chart.getElementsByTagName(element).item(index)).getAttribute(attribute));
    }
}
