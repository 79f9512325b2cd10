package dev.holdfast.truth;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The findings as a Markdown table that can be read as it is, too. Sizes in KiB. */
final class Table {
    private static final List<String> HEAD = List.of(
            "scenario",
            "guest",
            "required",
            "limit",
            "libvirt's",
            "KubeVirt's",
            "peak",
            "limit ÷ peak",
            "libvirt's ÷ peak",
            "under the peak",
            "one page less");

    private Table() {}

    static String of(List<Finding> findings) {
        List<List<String>> rows = Stream.concat(
                        Stream.of(HEAD), findings.stream().map(Table::row))
                .toList();
        int[] widths = IntStream.range(0, HEAD.size())
                .map(column -> rows.stream()
                        .mapToInt(row -> row.get(column).length())
                        .max()
                        .orElse(0))
                .toArray();
        List<String> rule = IntStream.range(0, HEAD.size())
                .mapToObj(
                        column -> isNumber(column) ? "-".repeat(widths[column] - 1) + ":" : "-".repeat(widths[column]))
                .toList();
        return Stream.concat(Stream.of(HEAD, rule), rows.stream().skip(1))
                .map(row -> line(row, widths))
                .collect(Collectors.joining("\n", "", "\n"));
    }

    private static List<String> row(Finding finding) {
        Finding.OnePageBelow below = finding.onePageBelow();
        return List.of(
                finding.title(),
                kib(finding.memoryBytes()),
                kib(finding.requiredBytes()),
                kib(finding.limitBytes()),
                kib(finding.libvirtBytes()),
                kib(finding.kubevirtBytes()),
                kib(finding.peakBytes()),
                ratio(finding.tightness()),
                ratio(finding.libvirtTightness()),
                finding.peakSuffices() ? "runs" : "does not run",
                below == null ? "not tried" : below.outcome());
    }

    private static String line(List<String> row, int[] widths) {
        return IntStream.range(0, row.size())
                .mapToObj(column -> isNumber(column)
                        ? " ".repeat(widths[column] - row.get(column).length()) + row.get(column)
                        : row.get(column)
                                + " ".repeat(widths[column] - row.get(column).length()))
                .collect(Collectors.joining(" | ", "| ", " |"));
    }

    private static boolean isNumber(int column) {
        return column > 0 && column < 9;
    }

    /** Rounded up: what a guest of odd size takes is whole pages in the end. */
    private static String kib(long bytes) {
        return Long.toString((bytes + 1023) / 1024);
    }

    private static String ratio(double ratio) {
        return String.format(Locale.ROOT, "%.4f", ratio);
    }
}
