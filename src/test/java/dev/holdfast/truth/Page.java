package dev.holdfast.truth;

import java.util.Locale;

/** docs/kernel-truth.md. */
final class Page {
    private static final String TEXT = """
            # What the kernel really charges

            This page is written by `make kernel-truth`, which runs every scenario below on [the virtual node](../src/test/virtual-node/README.md):
            a real kernel with real vfio-pci and a QEMU without capabilities, so that nothing but `RLIMIT_MEMLOCK` decides.
            Last on %s: Linux %s, %s, %s scenarios in %.0f minutes.

            ![What is charged, and which limit is set for it, for each scenario](kernel-truth.svg)

            Sizes are in KiB; guests have 256 MiB unless the scenario says otherwise, a q35 with SeaBIOS and one device.

            %s
            Each scenario is three guests, without a disk, whose firmware runs until it finds nothing to boot:

            * under the **limit** of the policy `Exact`. `VmLck` of the process is read at least 30 times a second (%.0f to %.0f here);
              its highest value is the **peak**. **required** is the sum of what the calculator counts.
            * **under the peak**: the limit is exactly the peak. It runs, so there was no higher one between two looks.
            * with **one page less**. Either the first mapping is *refused at start* and QEMU ends with status 1. Or the guest
              *starts, then aborts under firmware*: the first mappings fit, and QEMU ends by SIGABRT and with a register dump
              when firmware changes the map, as when it enables a display's memory. Either way QEMU says
              `VFIO_MAP_DMA failed: Cannot allocate memory`, which is error 12, and the kernel's log has
              `RLIMIT_MEMLOCK (N) exceeded` with that limit as N.

            The command ends with an error when a guest fails under its own limit, when more is charged than required, when
            limit ÷ peak is above %.2f for a guest of 256 MiB or more, when one page less than the peak is enough, or when
            the account was looked at too seldom.

            What is required is above the peak because the terms are upper bounds: Linux 6.1 does not charge ROM that nobody
            has touched, firmware copies ROM into RAM that is charged already, and a display hides a piece of RAM. The page
            below *required* may therefore do; the page below the peak never does.

            **libvirt's** limit is the policy `Libvirt`: all memory and 1 GiB. **KubeVirt's** is the one that it set before it
            set none: %s; a vIOMMU does not enter. Both leave a gibibyte and more to a guest that needs none of it, and the
            share that this is shrinks as guests grow: these are small because all of their memory is really taken.

            `target/kernel-truth.json` has the same in bytes, with the lines of kernel and QEMU.
            """;

    private Page() {}

    static String of(Report report) {
        var rates = report.findings().stream()
                .mapToDouble(Finding::samplesPerSecond)
                .summaryStatistics();
        return String.format(
                Locale.ROOT,
                TEXT,
                report.date(),
                report.kernel(),
                report.qemu(),
                report.findings().size(),
                report.seconds() / 60,
                Table.of(report.findings()),
                rates.getMin(),
                rates.getMax(),
                Promises.TIGHT,
                Kubevirt.FORMULA);
    }
}
