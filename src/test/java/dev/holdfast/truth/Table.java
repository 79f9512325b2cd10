package dev.holdfast.truth;

import java.util.List;
import java.util.Locale;

/** The findings of one combination, for the terminal. Sizes in KiB. */
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
        return Markdown.table(HEAD, findings.stream().map(Table::row).toList());
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

    /** Rounded up: what a guest of odd size takes is whole pages in the end. */
    static String kib(long bytes) {
        return Long.toString((bytes + 1023) / 1024);
    }

    static String ratio(double ratio) {
        return String.format(Locale.ROOT, "%.4f", ratio);
    }
}
