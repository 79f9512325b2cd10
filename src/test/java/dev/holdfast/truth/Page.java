package dev.holdfast.truth;

import java.util.ArrayList;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/** docs/kernel-truth.md. */
final class Page {
    private static final String TEXT = """
            # What the kernel really charges

            This page is written by `make kernel-truth`, which runs every scenario below on [the virtual node](../src/test/virtual-node/README.md):
            a real kernel with real vfio-pci and a QEMU without capabilities, so that nothing but `RLIMIT_MEMLOCK` decides.

            ![What is charged, and which limit is set for it, for each scenario](kernel-truth.svg)

            ## What was measured

            A combination is the kernel of a Debian release and the QEMU of one, with that QEMU's firmware. Holdfast's images have
            trixie's QEMU, and nodes have kernels from 6.1 on.

            %s%s
            ## How much

            Sizes are in KiB; guests have 256 MiB unless the scenario says otherwise, a q35 with SeaBIOS and one device. The last
            columns are the peaks, one for each combination; *÷ peak* is by the lowest of them.

            %s
            Each scenario is three guests with each combination, without a disk, whose firmware runs until it finds nothing to boot:

            * under the **limit** of the policy `Exact`. `VmLck` of the process is read at least %.0f times a second; its highest
              value is the **peak**. **required** is the sum of what the calculator counts, for any kernel and any QEMU.
            * under exactly the peak. Each of them runs, so there was no higher one between two looks; where one does not, the first
              guest is repeated, at most three times, and its highest peak counts.
            * with **one page less** than the peak, which each of them needs:

            %s
            Either the first mapping is *refused at start* and QEMU ends with status 1. Or the guest *starts, then aborts under
            firmware*: the first mappings fit, and QEMU ends by SIGABRT and with a register dump when firmware changes the map, as
            when it enables a display's memory. Either way QEMU 7.2 says `VFIO_MAP_DMA failed: Cannot allocate memory` and QEMU 10.0
            `vfio_container_dma_map(…) = -12 (Cannot allocate memory)`, and the kernel's log has `RLIMIT_MEMLOCK (N) exceeded` with
            that limit as N.

            The command ends with an error when a guest fails under its own limit, when more is charged than required, when
            limit ÷ peak is above %.2f for a guest of 256 MiB or more, when a guest does not run under its peak, when one page less
            than the peak is enough, or when the account was looked at too seldom. Only a combination of which none of that is true
            gets into this page.

            What is required is above the peak because the terms are upper bounds for every kernel and QEMU: Linux 6.1 does not
            charge ROM that was never touched and Linux 6.12 does, firmware copies ROM into RAM that is charged already, and a
            display hides a piece of RAM. The page below *required* may therefore do; the page below the peak never does.

            **libvirt's** limit is the policy `Libvirt`: all memory and 1 GiB. **KubeVirt's** is the one that it set before it
            set none: %s; a vIOMMU does not enter. Both leave a gibibyte and more to a guest that needs none of it, and the
            share that this is shrinks as guests grow: these are small because all of their memory is really taken.

            ## Run it

            <!-- run: make kernel-truth -->
            ```sh
            make kernel-truth                               # all combinations
            make kernel-truth COMBINATIONS=trixie           # one; KERNEL=bookworm, QEMU=trixie: those with that kernel or QEMU
            make kernel-truth COMBINATIONS=trixie+bookworm  # trixie's kernel with bookworm's QEMU
            make kernel-truth ONLY='vga ovmf'               # these scenarios; changes nothing here
            ```

            `src/test/resources/kernel-truth` has the same in bytes, with the lines of kernel and QEMU, and `target/kernel-truth.json`
            what was run last. A test holds the page and today's calculator against them.
            """;

    private Page() {}

    static String of(List<Report> reports) {
        return String.format(
                Locale.ROOT,
                TEXT,
                combinations(reports),
                missing(reports),
                peaks(reports),
                Report.MIN_SAMPLES_PER_SECOND,
                outcomes(reports),
                Promises.TIGHT,
                Kubevirt.FORMULA);
    }

    private static String combinations(List<Report> reports) {
        return Markdown.table(
                List.of("combination", "Linux", "QEMU", "measured on", "scenarios", "minutes", "looks a second"),
                reports.stream()
                        .map(report -> {
                            DoubleSummaryStatistics rates = report.findings().stream()
                                    .mapToDouble(Finding::samplesPerSecond)
                                    .summaryStatistics();
                            return List.of(
                                    report.combination(),
                                    report.kernel(),
                                    report.qemu().replaceFirst("^QEMU emulator version ", ""),
                                    report.date().toString(),
                                    Integer.toString(report.findings().size()),
                                    String.format(Locale.ROOT, "%.0f", report.seconds() / 60),
                                    String.format(Locale.ROOT, "%.0f to %.0f", rates.getMin(), rates.getMax()));
                        })
                        .toList());
    }

    private static String missing(List<Report> reports) {
        List<String> measured = reports.stream().map(Report::combination).toList();
        String missing = Combination.ALL.stream()
                .map(Combination::toString)
                .filter(name -> !measured.contains(name))
                .collect(Collectors.joining(", "));
        return missing.isEmpty() ? "" : "%nNot measured: %s.%n".formatted(missing);
    }

    private static String peaks(List<Report> reports) {
        List<String> head = new ArrayList<>(List.of(
                "scenario",
                "guest",
                "required",
                "limit",
                "libvirt's",
                "KubeVirt's",
                "limit ÷ peak",
                "libvirt's ÷ peak"));
        return rows(reports, head, Page::computed, finding -> Table.kib(finding.peakBytes()));
    }

    private static String outcomes(List<Report> reports) {
        return rows(reports, new ArrayList<>(List.of("scenario")), findings -> List.of(), finding -> {
            Finding.OnePageBelow below = finding.onePageBelow();
            return below == null ? "not tried" : below.outcome();
        });
    }

    /** A row for each scenario and a column for each combination, after those that are the same for all. */
    private static String rows(
            List<Report> reports,
            List<String> head,
            Function<List<Finding>, List<String>> common,
            Function<Finding, String> cell) {
        reports.forEach(report -> head.add(report.combination()));
        List<List<String>> rows = new ArrayList<>();
        for (Scenario scenario : Scenarios.all()) {
            List<Finding> findings = reports.stream()
                    .flatMap(report -> report.of(scenario).stream())
                    .toList();
            if (findings.isEmpty()) {
                continue;
            }
            List<String> row = new ArrayList<>(List.of(scenario.title()));
            row.addAll(common.apply(findings));
            reports.forEach(report -> row.add(report.of(scenario).map(cell).orElse("not measured")));
            rows.add(row);
        }
        return Markdown.table(head, rows);
    }

    private static List<String> computed(List<Finding> findings) {
        Finding any = findings.getFirst();
        return List.of(
                Table.kib(any.memoryBytes()),
                Table.kib(any.requiredBytes()),
                Table.kib(any.limitBytes()),
                Table.kib(any.libvirtBytes()),
                Table.kib(any.kubevirtBytes()),
                Table.ratio(largest(findings, Finding::tightness)),
                Table.ratio(largest(findings, Finding::libvirtTightness)));
    }

    private static double largest(List<Finding> findings, ToDoubleFunction<Finding> ratio) {
        return findings.stream().mapToDouble(ratio).max().orElse(Double.NaN);
    }
}
