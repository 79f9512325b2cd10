package dev.holdfast.truth;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * docs/kernel-truth.svg: a row for each scenario. At the left what is charged as a bar and every limit as a mark. Between two
 * combinations of kernel and QEMU that differs by less than a line's width, so at the right, a thousand times larger, there
 * is what the limit leaves of each. It brings its own background, so it can be read on light and dark pages, and turns dark
 * itself where the reader prefers that.
 */
final class Chart {
    private static final double MIB = 1L << 20;
    private static final double KIB = 1L << 10;
    private static final int LEFT = 190;
    private static final int PLOT = 480;

    /** Offset of the second plot. */
    private static final int SPARE_LEFT = LEFT + PLOT + 50;

    private static final int SPARE_PLOT = 260;
    private static final int WIDTH = SPARE_LEFT + SPARE_PLOT + 30;
    private static final int TOP = 160;
    private static final int ROW = 28;
    private static final int GRID_MIB = 256;
    private static final int GRID_KIB = 512;

    private static final Pattern VERSION = Pattern.compile("[0-9]+\\.[0-9]+");

    /** One for each combination, in a row. */
    private static final int SPARE_BAR = 5;

    private static final String STYLE = """
            <style>
              .ground { fill: #ffffff } .text { fill: #24292f } .faint { fill: #57606a } .grid { stroke: #d0d7de }
              .peak { fill: #8c959f } .exact { fill: #1a7f37 } .libvirt { fill: #0969da } .kubevirt { fill: #bc4c00 }
              .c0 { fill: #54aeff } .c1 { fill: #1a7f37 } .c2 { fill: #bf8700 } .c3 { fill: #8250df }
              text { font: 13px sans-serif } .title { font-size: 17px; font-weight: bold }
              @media (prefers-color-scheme: dark) {
                .ground { fill: #0d1117 } .text { fill: #e6edf3 } .faint { fill: #9198a1 } .grid { stroke: #30363d }
                .peak { fill: #6e7681 } .exact { fill: #3fb950 } .libvirt { fill: #58a6ff } .kubevirt { fill: #f0883e }
                .c0 { fill: #79c0ff } .c1 { fill: #3fb950 } .c2 { fill: #d29922 } .c3 { fill: #a371f7 }
              }
            </style>
            """;

    private final StringBuilder svg = new StringBuilder();
    private final List<Report> reports;
    private final List<Row> rows;
    private final int maxMib;
    private final int maxKib;

    /** The findings of one scenario, in the order of the reports; null where a combination has none. */
    private record Row(List<@Nullable Finding> findings) {
        static Row of(Scenario scenario, List<Report> reports) {
            List<@Nullable Finding> findings = new ArrayList<>();
            reports.forEach(report -> findings.add(report.of(scenario).orElse(null)));
            return new Row(findings);
        }

        List<Finding> present() {
            return findings.stream()
                    .flatMap(finding -> Stream.ofNullable(finding))
                    .toList();
        }

        /** Returns any of the findings: their computed values are equal. */
        Finding any() {
            return present().getFirst();
        }

        long peakBytes() {
            return present().stream().mapToLong(Finding::peakBytes).max().orElse(0);
        }
    }

    private Chart(List<Report> reports) {
        this.reports = reports;
        rows = Scenarios.all().stream()
                .map(scenario -> Row.of(scenario, reports))
                .filter(row -> !row.present().isEmpty())
                .toList();
        List<Finding> findings =
                rows.stream().flatMap(row -> row.present().stream()).toList();
        maxMib = grid(GRID_MIB, MIB, findings, finding -> Math.max(finding.libvirtBytes(), finding.kubevirtBytes()));
        maxKib = grid(GRID_KIB, KIB, findings, Chart::spareBytes);
    }

    private static int grid(int step, double unit, List<Finding> findings, ToDoubleFunction<Finding> value) {
        double most = findings.stream().mapToDouble(value).max().orElse(1);
        return (int) Math.ceil(most / unit / step) * step;
    }

    private static double spareBytes(Finding finding) {
        return finding.limitBytes() - finding.peakBytes();
    }

    static String of(List<Report> reports) {
        Chart chart = new Chart(reports);
        chart.draw();
        return chart.svg.toString();
    }

    private void draw() {
        int bottom = TOP + rows.size() * ROW;
        int height = bottom + 60;
        add(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\">",
                WIDTH, height, WIDTH, height);
        svg.append(STYLE);
        add("<rect class=\"ground\" width=\"%d\" height=\"%d\"/>", WIDTH, height);
        text("title text", 16, 30, "start", "Memory charged to QEMU, and the limits set for it");
        legend();
        for (int mib = 0; mib <= maxMib; mib += GRID_MIB) {
            gridLine(x(mib * MIB), bottom, mib);
        }
        for (int kib = 0; kib <= maxKib; kib += GRID_KIB) {
            gridLine(spareX(kib * KIB), bottom, kib);
        }
        text("faint", LEFT + PLOT / 2.0, bottom + 42, "middle", "MiB; guests of 256 MiB unless said otherwise");
        text("faint", SPARE_LEFT + SPARE_PLOT / 2.0, bottom + 42, "middle", "KiB that the limit of Exact leaves");
        for (int i = 0; i < rows.size(); i++) {
            row(rows.get(i), TOP + i * ROW + ROW / 2.0);
        }
        svg.append("</svg>\n");
    }

    private void gridLine(double x, int bottom, int number) {
        add("<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>", x, x, TOP - 6, bottom);
        text("faint", x, bottom + 18, "middle", Integer.toString(number));
    }

    private void legend() {
        add("<rect class=\"peak\" x=\"16\" y=\"52\" width=\"12\" height=\"12\"/>");
        text("text", 36, 63, "start", "charged by the kernel, at the highest peak of all combinations");
        exact(22, 80);
        text("text", 36, 85, "start", "limit of Exact: what QEMU will map, and 1 MiB for each address space");
        libvirt(22, 102);
        text("text", 36, 107, "start", "limit of libvirt: all memory for each address space, and 1 GiB");
        kubevirt(22, 124);
        text("text", 36, 129, "start", "limit that KubeVirt used to set: " + Kubevirt.FORMULA);
        for (int i = 0; i < reports.size(); i++) {
            double y = 30 + i * 20.0;
            add("<rect class=\"c%d\" x=\"%d\" y=\"%.1f\" width=\"12\" height=\"12\"/>", i, SPARE_LEFT, y - 10);
            text("text", SPARE_LEFT + 20, y, "start", versions(reports.get(i)));
        }
    }

    /** The first two numbers of each version: the rest is on the page. */
    private static String versions(Report report) {
        return "Linux %s, QEMU %s".formatted(version(report.kernel()), version(report.qemu()));
    }

    private static String version(String text) {
        Matcher matcher = VERSION.matcher(text);
        return matcher.find() ? matcher.group() : text;
    }

    private void row(Row row, double y) {
        Finding finding = row.any();
        text("text", LEFT - 10, y + 4.5, "end", finding.title());
        add(
                "<rect class=\"peak\" x=\"%d\" y=\"%.1f\" width=\"%.1f\" height=\"12\"/>",
                LEFT, y - 6, x(row.peakBytes()) - LEFT);
        libvirt(x(finding.libvirtBytes()), y);
        kubevirt(x(finding.kubevirtBytes()), y);
        exact(x(finding.limitBytes()), y);
        double top = y - row.findings().size() * SPARE_BAR / 2.0;
        for (int i = 0; i < row.findings().size(); i++) {
            Finding one = row.findings().get(i);
            if (one != null) {
                add(
                        "<rect class=\"c%d\" x=\"%d\" y=\"%.1f\" width=\"%.1f\" height=\"%d\"/>",
                        i, SPARE_LEFT, top + i * SPARE_BAR, spareX(spareBytes(one)) - SPARE_LEFT, SPARE_BAR - 1);
            }
        }
    }

    /** Taller than the bar, on whose end it stands. */
    private void exact(double x, double y) {
        add("<rect class=\"exact\" x=\"%.1f\" y=\"%.1f\" width=\"3\" height=\"20\"/>", x - 1.5, y - 10);
    }

    private void libvirt(double x, double y) {
        add("<circle class=\"libvirt\" cx=\"%.1f\" cy=\"%.1f\" r=\"5.5\"/>", x, y);
    }

    private void kubevirt(double x, double y) {
        add(
                "<rect class=\"kubevirt\" x=\"%.1f\" y=\"%.1f\" width=\"9\" height=\"9\" transform=\"rotate(45 %.1f %.1f)\"/>",
                x - 4.5, y - 4.5, x, y);
    }

    private double x(double bytes) {
        return LEFT + PLOT * bytes / MIB / maxMib;
    }

    private double spareX(double bytes) {
        return SPARE_LEFT + SPARE_PLOT * bytes / KIB / maxKib;
    }

    private void text(String style, double x, double y, String anchor, String words) {
        String escaped = words.replace("&", "&amp;").replace("<", "&lt;");
        add("<text class=\"%s\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>", style, x, y, anchor, escaped);
    }

    private void add(String element, Object... values) {
        svg.append(String.format(Locale.ROOT, element, values)).append('\n');
    }
}
