package dev.holdfast.truth;

import java.util.List;
import java.util.Locale;

/**
 * docs/kernel-truth.svg: a row for each scenario, with what is charged as a bar and every limit as a mark. It brings its
 * own background, so it can be read on light and dark pages, and turns dark itself where the reader prefers that.
 */
final class Chart {
    private static final double MIB = 1L << 20;
    private static final int LEFT = 200;
    private static final int PLOT = 640;
    private static final int RIGHT = 56;
    private static final int TOP = 150;
    private static final int ROW = 26;
    private static final int GRID_MIB = 256;

    private static final String STYLE = """
            <style>
              .ground { fill: #ffffff } .text { fill: #24292f } .faint { fill: #57606a } .grid { stroke: #d0d7de }
              .peak { fill: #8c959f } .exact { fill: #1a7f37 } .libvirt { fill: #0969da } .kubevirt { fill: #bc4c00 }
              text { font: 13px sans-serif } .title { font-size: 17px; font-weight: bold }
              @media (prefers-color-scheme: dark) {
                .ground { fill: #0d1117 } .text { fill: #e6edf3 } .faint { fill: #9198a1 } .grid { stroke: #30363d }
                .peak { fill: #6e7681 } .exact { fill: #3fb950 } .libvirt { fill: #58a6ff } .kubevirt { fill: #f0883e }
              }
            </style>
            """;

    private final StringBuilder svg = new StringBuilder();
    private final List<Finding> findings;
    private final int maxMib;

    private Chart(List<Finding> findings) {
        this.findings = findings;
        double most = findings.stream()
                .mapToDouble(finding -> Math.max(finding.libvirtBytes(), finding.kubevirtBytes()))
                .max()
                .orElse(1);
        maxMib = (int) Math.ceil(most / MIB / GRID_MIB) * GRID_MIB;
    }

    static String of(List<Finding> findings) {
        Chart chart = new Chart(findings);
        chart.draw();
        return chart.svg.toString();
    }

    private void draw() {
        int bottom = TOP + findings.size() * ROW;
        int width = LEFT + PLOT + RIGHT;
        int height = bottom + 60;
        add(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\">",
                width, height, width, height);
        svg.append(STYLE);
        add("<rect class=\"ground\" width=\"%d\" height=\"%d\"/>", width, height);
        text("title text", 16, 30, "start", "Memory charged to QEMU, and the limits set for it");
        legend();
        for (int mib = 0; mib <= maxMib; mib += GRID_MIB) {
            add(
                    "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>",
                    x(mib * MIB), x(mib * MIB), TOP - 6, bottom);
            text("faint", x(mib * MIB), bottom + 18, "middle", Integer.toString(mib));
        }
        text("faint", LEFT + PLOT / 2.0, bottom + 42, "middle", "MiB; guests of 256 MiB unless said otherwise");
        for (int i = 0; i < findings.size(); i++) {
            row(findings.get(i), TOP + i * ROW + ROW / 2.0);
        }
        svg.append("</svg>\n");
    }

    private void legend() {
        add("<rect class=\"peak\" x=\"16\" y=\"47\" width=\"12\" height=\"12\"/>");
        text("text", 36, 58, "start", "charged by the kernel, at its peak");
        exact(22, 75);
        text("text", 36, 80, "start", "limit of Exact: what QEMU will map, and 1 MiB for each address space");
        libvirt(22, 97);
        text("text", 36, 102, "start", "limit of libvirt: all memory for each address space, and 1 GiB");
        kubevirt(22, 119);
        text("text", 36, 124, "start", "limit that KubeVirt used to set: " + Kubevirt.FORMULA);
    }

    private void row(Finding finding, double y) {
        text("text", LEFT - 10, y + 4.5, "end", finding.title());
        add(
                "<rect class=\"peak\" x=\"%d\" y=\"%.1f\" width=\"%.1f\" height=\"12\"/>",
                LEFT, y - 6, x(finding.peakBytes()) - LEFT);
        libvirt(x(finding.libvirtBytes()), y);
        kubevirt(x(finding.kubevirtBytes()), y);
        exact(x(finding.limitBytes()), y);
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

    private static double x(double bytes, int maxMib) {
        return LEFT + PLOT * bytes / MIB / maxMib;
    }

    private double x(double bytes) {
        return x(bytes, maxMib);
    }

    private void text(String style, double x, double y, String anchor, String words) {
        String escaped = words.replace("&", "&amp;").replace("<", "&lt;");
        add("<text class=\"%s\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>", style, x, y, anchor, escaped);
    }

    private void add(String element, Object... values) {
        svg.append(String.format(Locale.ROOT, element, values)).append('\n');
    }
}
