package dev.holdfast.truth;

import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import dev.holdfast.stage.Build;
import dev.holdfast.stage.Folders;
import dev.holdfast.stage.VirtualNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * {@code make kernel-truth}: every scenario on the virtual node, its findings in {@code target/kernel-truth.json}, and,
 * when all of them were run and every promise held, on the page and in the chart of docs. Ends with status 0 only when
 * every promise held. Arguments are the names of the only scenarios to run.
 */
@SuppressWarnings("SystemOut") // The terminal is what this command is for.
public final class KernelTruth {
    private static final Path WORK = Path.of("target/kernel-truth").toAbsolutePath();
    private static final Path JSON = Path.of("target/kernel-truth.json");
    private static final Path DOCS = Path.of("docs");

    private final long began = System.nanoTime();
    private final Build build = Build.here();

    private KernelTruth() {}

    public static void main(String[] args) throws IOException {
        List<Scenario> scenarios = chosen(List.of(args));
        Report report = new KernelTruth().run(scenarios);
        Files.writeString(JSON, json(report));
        System.out.printf("%nSizes in KiB.%n%s%n", Table.of(report.findings()));
        for (String sentence : report.broken()) {
            System.out.println("broken: " + sentence);
        }
        if (!report.broken().isEmpty()) {
            System.exit(1);
        }
        System.out.printf(
                Locale.ROOT,
                "Every promise held, in %d scenarios and %.0f s. In bytes, with the words of kernel and QEMU: %s%n",
                report.findings().size(),
                report.seconds(),
                JSON);
        if (args.length == 0) {
            Files.writeString(DOCS.resolve("kernel-truth.md"), Page.of(report));
            Files.writeString(DOCS.resolve("kernel-truth.svg"), Chart.of(report.findings()));
        }
    }

    private static List<Scenario> chosen(List<String> names) {
        List<Scenario> all = Scenarios.all();
        List<String> known = all.stream().map(Scenario::name).toList();
        if (!known.containsAll(names)) {
            throw new IllegalArgumentException(
                    "the scenarios are to be %s, but there are only %s; choose among those".formatted(names, known));
        }
        return all.stream()
                .filter(scenario -> names.isEmpty() || names.contains(scenario.name()))
                .toList();
    }

    private Report run(List<Scenario> scenarios) {
        Folders.empty(WORK);
        say("booting the virtual node");
        // One processor: emulated ones wait for each other in busy loops whenever the host runs only one of them.
        try (VirtualNode node = VirtualNode.boot(build, WORK, 1, List.of("sleep", "infinity"))) {
            node.exec(build.script("virtual-node/prepare-devices").toString()).orThrow();
            String kernel = node.exec("uname", "-r").orThrow().strip();
            String qemu = node.exec("qemu-system-x86_64", "--version")
                    .orThrow()
                    .lines()
                    .findFirst()
                    .orElse("QEMU");
            say("Linux %s, %s".formatted(kernel, qemu));
            List<Finding> findings = new ArrayList<>();
            Bench bench = new Bench(build, node);
            for (Scenario scenario : scenarios) {
                Finding finding = bench.find(scenario);
                findings.add(finding);
                say("%d of %d, %s".formatted(findings.size(), scenarios.size(), progress(finding)));
            }
            return new Report(LocalDate.now(ZoneOffset.UTC), kernel, qemu, seconds(), findings);
        }
    }

    private static String progress(Finding finding) {
        Finding.OnePageBelow below = finding.onePageBelow();
        return String.format(
                Locale.ROOT,
                "%s: %d of %d bytes charged, %.4f, %.0f looks a second; one page below the peak: %s%s",
                finding.title(),
                finding.peakBytes(),
                finding.limitBytes(),
                finding.tightness(),
                finding.samplesPerSecond(),
                below == null ? "not tried" : below.outcome(),
                finding.broken().isEmpty() ? "" : "; BROKEN");
    }

    private static String json(Report report) throws IOException {
        return JsonMapper.builder()
                .addModule(new JavaTimeModule())
                .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
                .enable(SerializationFeature.INDENT_OUTPUT)
                .build()
                .writeValueAsString(report);
    }

    private void say(String what) {
        System.out.printf(Locale.ROOT, "[%6.1f s] %s%n", seconds(), what);
    }

    private double seconds() {
        return Duration.ofNanos(System.nanoTime() - began).toMillis() / 1000.0;
    }
}
