package dev.holdfast.truth;

import dev.holdfast.testbed.Build;
import dev.holdfast.testbed.Folders;
import dev.holdfast.testbed.VirtualNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code make kernel-truth}: every scenario on the virtual node, with each combination of a kernel and a QEMU. All findings
 * are in {@code target/kernel-truth.json}. A combination of the page that was run with all scenarios, and for which every
 * promise held, is kept ({@link Measured}), and the page and the chart of docs are written again. Ends with status 0 only
 * when every promise held.
 *
 * <p>Arguments are the names of the only scenarios to run; the variables COMBINATIONS, KERNEL and QEMU are those of
 * {@link Combination#chosen}.
 */
@SuppressWarnings("SystemOut") // The terminal is what this command is for.
public final class KernelTruth {
    private static final Path WORK = Path.of("target/kernel-truth").toAbsolutePath();
    private static final Path JSON = Path.of("target/kernel-truth.json");
    private static final Path DOCS = Path.of("docs");

    /** Path of the tree of another QEMU in the node, whose users cannot enter the home folder with the user's cache. */
    private static final String QEMU_TREE = "/run/qemu-tree";

    private final long began = System.nanoTime();
    private final Build build = Build.here();
    private final List<Scenario> scenarios;

    private KernelTruth(List<Scenario> scenarios) {
        this.scenarios = scenarios;
    }

    public static void main(String[] args) throws IOException {
        List<String> names = List.of(args);
        List<Scenario> scenarios;
        List<Combination> combinations;
        try {
            scenarios = chosen(names);
            combinations = combinations(System.getenv());
        } catch (IllegalArgumentException e) {
            System.err.println("kernel-truth: " + e.getMessage());
            System.exit(2);
            return;
        }
        List<Report> reports = new KernelTruth(scenarios).run(combinations, names.isEmpty());
        List<String> broken =
                reports.stream().flatMap(report -> report.broken().stream()).toList();
        for (String message : broken) {
            System.out.println("broken: " + message);
        }
        if (!broken.isEmpty()) {
            System.exit(1);
        }
        System.out.printf("Every promise held. In bytes, with the words of kernel and QEMU: %s%n", JSON);
    }

    private static List<Combination> combinations(Map<String, String> environment) {
        return Combination.chosen(
                environment.getOrDefault("COMBINATIONS", ""),
                environment.getOrDefault("KERNEL", ""),
                environment.getOrDefault("QEMU", ""));
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

    /** One after the other; what is known is written after each, for this takes long. */
    private List<Report> run(List<Combination> combinations, boolean complete) throws IOException {
        List<Report> reports = new ArrayList<>();
        for (Combination combination : combinations) {
            Report report = run(combination);
            reports.add(report);
            Files.writeString(JSON, Measured.json(reports));
            System.out.printf("%n%s, sizes in KiB:%n%n%s%n", combination, Table.of(report.findings()));
            if (complete && report.broken().isEmpty() && Combination.ALL.contains(combination)) {
                Measured.write(Measured.FOLDER, report);
                List<Report> measured = Measured.read(Measured.FOLDER);
                Files.writeString(DOCS.resolve("kernel-truth.md"), Page.of(measured));
                Files.writeString(DOCS.resolve("kernel-truth.svg"), Chart.of(measured));
            }
        }
        return reports;
    }

    private Report run(Combination combination) {
        long start = System.nanoTime();
        Release kernel = Release.named(combination.kernel(), build);
        Release qemu = Release.named(combination.qemu(), build);
        Folders.empty(WORK);
        say(combination + ": booting the virtual node");
        try (VirtualNode node = VirtualNode.boot(build, WORK, kernel.machine(), List.of("sleep", "infinity"))) {
            node.exec(build.script("virtual-node/prepare-devices").toString()).orThrow();
            String tree = show(node, qemu.tree());
            String linux = node.exec("uname", "-r").orThrow().strip();
            String program = node.exec(tree == null ? "qemu-system-x86_64" : Bench.program(tree), "--version")
                    .orThrow()
                    .lines()
                    .findFirst()
                    .orElse("QEMU");
            say("%s: Linux %s, %s".formatted(combination, linux, program));
            List<Finding> findings = new ArrayList<>();
            Bench bench = new Bench(build, node, tree);
            for (Scenario scenario : scenarios) {
                Finding finding = bench.find(scenario);
                findings.add(finding);
                say("%s: %d of %d, %s".formatted(combination, findings.size(), scenarios.size(), progress(finding)));
            }
            double seconds = Duration.ofNanos(System.nanoTime() - start).toMillis() / 1000.0;
            return new Report(combination.toString(), LocalDate.now(ZoneOffset.UTC), linux, program, seconds, findings);
        }
    }

    private static @Nullable String show(VirtualNode node, @Nullable Path tree) {
        if (tree == null) {
            return null;
        }
        node.exec("mkdir", "-p", QEMU_TREE).orThrow();
        node.exec("mount", "--bind", tree.toString(), QEMU_TREE).orThrow();
        return QEMU_TREE;
    }

    private static String progress(Finding finding) {
        Finding.OnePageBelow below = finding.onePageBelow();
        return String.format(
                Locale.ROOT,
                "%s: %d of %d bytes charged, %.4f, %.0f samples a second; one page below the peak: %s%s",
                finding.title(),
                finding.peakBytes(),
                finding.limitBytes(),
                finding.tightness(),
                finding.samplesPerSecond(),
                below == null ? "not tried" : below.outcome(),
                finding.broken().isEmpty() ? "" : "; BROKEN");
    }

    private void say(String what) {
        System.out.printf(
                Locale.ROOT,
                "[%6.1f s] %s%n",
                Duration.ofNanos(System.nanoTime() - began).toMillis() / 1000.0,
                what);
    }
}
