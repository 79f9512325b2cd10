package dev.holdfast.bench;

import java.util.List;

/** {@code make bench}: a line for each figure; status 1 when a budget is missed. Arguments are names of single benches. */
@SuppressWarnings("SystemOut") // The terminal is what this command is for.
final class Benches {
    private static final String LINE = "%-10s %-52s %14s %22s  %s%n";

    private Benches() {}

    /** In the order in which they are run. */
    private static List<Bench> all() {
        return List.of(
                new GrantBench(),
                new DiscoveryBench(),
                new OverheadBench(),
                new CommandsBench(),
                new LaunchBench(),
                new AgentBench(),
                new OperatorBench(),
                new ScaleBench(),
                new FaultsBench(),
                new FloodBench());
    }

    public static void main(String[] names) throws Exception {
        List<String> wanted = List.of(names);
        List<String> known = all().stream().map(Bench::name).toList();
        if (!known.containsAll(wanted)) {
            System.err.println("There is no such bench among " + wanted + "; there are " + known + ".");
            System.exit(2);
        }
        boolean within = true;
        System.out.printf(LINE, "", "what", "measured", "budget", "");
        for (Bench bench : all()) {
            if (wanted.isEmpty() || wanted.contains(bench.name())) {
                for (Figure figure : bench.measure()) {
                    within &= figure.within();
                    System.out.printf(
                            LINE,
                            bench.name(),
                            figure.what(),
                            figure.measured(),
                            figure.budget(),
                            figure.within() ? "ok" : "MISSED");
                }
            }
        }
        System.exit(within ? 0 : 1);
    }
}
