package dev.holdfast.bench;

import dev.holdfast.telemetry.http.Flood;
import dev.holdfast.telemetry.http.ManyConnections;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** How long kubelet and Prometheus wait for an answer while unknown peers open five thousand connections. */
final class FloodBench implements Bench {
    /** Timeout of the probes in deploy/. */
    private static final Duration PROBE = Duration.ofSeconds(5);

    /** Timeout that Prometheus has unless it is configured. */
    private static final Duration SCRAPE = Duration.ofSeconds(10);

    @Override
    public String name() {
        return "flood";
    }

    @Override
    public List<Figure> measure() throws Exception {
        List<Figure> figures = new ArrayList<>();
        figures.addAll(figures("half requests", ManyConnections.HALF_A_REQUEST));
        figures.addAll(figures("unread answers", Flood.UNREAD_ANSWERS));
        return figures;
    }

    private static List<Figure> figures(String what, String sent) throws Exception {
        Path log = Files.createTempFile("flood", ".log");
        try {
            Flood.Seen seen = new Flood("agent-daemonset.yaml", 100, sent).run(log);
            return List.of(
                    figure("longest probe, " + what, seen.longestProbe(), PROBE, seen),
                    figure("longest scrape, " + what, seen.longestScrape(), SCRAPE, seen));
        } finally {
            Files.delete(log);
        }
    }

    private static Figure figure(String what, Duration measured, Duration budget, Flood.Seen seen) {
        return new Figure(
                what,
                text(measured),
                text(budget),
                seen.failures().isEmpty() && seen.serverAlive() && measured.compareTo(budget) < 0);
    }

    private static String text(Duration time) {
        return String.format(Locale.ROOT, "%.2f s", time.toMillis() / 1e3);
    }
}
