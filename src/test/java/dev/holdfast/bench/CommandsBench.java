package dev.holdfast.bench;

import dev.holdfast.bench.scale.ProcessUsage;
import dev.holdfast.testbed.Build;
import dev.holdfast.testbed.HostProcess;
import dev.holdfast.testbed.Training;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** The commands that users run by hand, from the call to the prompt, with the AOT caches that the images have. */
final class CommandsBench implements Bench {
    private static final int RUNS = 11;
    private static final StartBudget BUDGET = new StartBudget(300);
    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final String VM = "examples/minimal.yaml";

    private static final List<List<String>> COMMANDS =
            List.of(List.of("render", "-f", VM), List.of("memlock", "-f", VM), List.of("devices"));

    @Override
    public String name() {
        return "commands";
    }

    @Override
    public List<Figure> measure() throws IOException {
        Build build = Build.here();
        Training.ensureAsInImages(build);
        Path log = Path.of("target/commands-bench.log");
        Files.deleteIfExists(log);
        List<Figure> figures = new ArrayList<>();
        for (List<String> command : COMMANDS) {
            List<String> line = new ArrayList<>(command);
            line.addFirst(build.holdfast().toString());
            run(line, log);
            long cpu = ProcessUsage.ofEndedChildren();
            List<Long> millis = IntStream.range(0, RUNS)
                    .mapToObj(any -> run(line, log))
                    .sorted()
                    .toList();
            figures.add(BUDGET.figure(
                    "holdfast %s, median of %d".formatted(command.getFirst(), RUNS),
                    millis.get(RUNS / 2),
                    (ProcessUsage.ofEndedChildren() - cpu) / RUNS));
        }
        return figures;
    }

    private static long run(List<String> line, Path log) {
        long start = System.nanoTime();
        try (HostProcess command = HostProcess.start("holdfast", line, Map.of(), log)) {
            if (command.await(LIMIT) != 0) {
                throw new IllegalStateException(line + " failed: " + command.log());
            }
        }
        return Duration.ofNanos(System.nanoTime() - start).toMillis();
    }
}
