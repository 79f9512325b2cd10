package dev.holdfast.bench;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.holdfast.agent.grant.GrantRig;
import dev.holdfast.host.Libc;
import dev.holdfast.host.Rlimit;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.slf4j.LoggerFactory;

/**
 * Grants as a launcher sees them, from connect to the answer: identity, decision, prlimit, reading back, the book. The
 * API server is made up, so its two reads and the report's write cost nothing. This process is the launcher of every
 * VM, and its limit goes down a little with each grant, which takes no capability.
 */
final class GrantBench implements Bench {
    private static final int GRANTS = 10_000;
    /** As many as the busiest node has. */
    private static final int PODS = 250;

    private static final int WARM_UP = 2_000;
    private static final int AT_ONCE = 200;
    private static final long MOST = 1L << 40;
    private static final double P99_MILLIS = 5;

    private final Path folder;
    private long limitBytes;
    private long stepBytes;

    GrantBench() {
        try {
            folder = Files.createTempDirectory("grants");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String name() {
        return "grants";
    }

    @Override
    public List<Figure> measure() throws Exception {
        try {
            return figures();
        } finally {
            delete();
        }
    }

    private List<Figure> figures() throws Exception {
        ((Logger) LoggerFactory.getLogger("dev.holdfast")).setLevel(Level.OFF);
        Rlimit own = Libc.memlockLimit();
        limitBytes = own.hard() == Rlimit.INFINITY ? MOST : own.hard();
        stepBytes = Math.max(1, limitBytes / (3L * (GRANTS + WARM_UP)));
        oneAfterTheOther(WARM_UP);
        List<Figure> figures = new ArrayList<>(latencies(oneAfterTheOther(GRANTS)));
        figures.addAll(atOnce());
        return figures;
    }

    private static List<Figure> latencies(long[] nanos) {
        Arrays.sort(nanos);
        double p99 = millis(nanos[nanos.length * 99 / 100]);
        return List.of(
                new Figure("p50 of " + nanos.length + " grants", text(millis(nanos[nanos.length / 2])), "-", true),
                new Figure(
                        "p99 of " + nanos.length + " grants, no API", text(p99), text(P99_MILLIS), p99 <= P99_MILLIS),
                new Figure("slowest of " + nanos.length, text(millis(nanos[nanos.length - 1])), "-", true));
    }

    private long[] oneAfterTheOther(int count) throws IOException {
        long[] nanos = new long[count];
        for (int done = 0; done < count; done += PODS) {
            int first = done;
            withRig(rig -> {
                for (int i = 0; i < PODS; i++) {
                    limitBytes -= stepBytes;
                    rig.addVmOfThisProcess("vm-" + i, limitBytes);
                }
                for (int i = 0; i < PODS; i++) {
                    long start = System.nanoTime();
                    String answer = rig.ask("vm-" + i);
                    nanos[first + i] = System.nanoTime() - start;
                    check(answer);
                }
            });
        }
        check(Libc.memlockLimit());
        return nanos;
    }

    private List<Figure> atOnce() throws Exception {
        List<String> answers = new ArrayList<>();
        long[] took = new long[1];
        limitBytes -= stepBytes;
        withRig(rig -> {
            for (int i = 0; i < AT_ONCE; i++) {
                rig.addVmOfThisProcess("vm-" + i, limitBytes);
            }
            CountDownLatch go = new CountDownLatch(1);
            try (ExecutorService launchers = Executors.newFixedThreadPool(AT_ONCE)) {
                List<Future<String>> asked = new ArrayList<>();
                for (int i = 0; i < AT_ONCE; i++) {
                    String name = "vm-" + i;
                    asked.add(launchers.submit(() -> {
                        go.await();
                        return rig.ask(name);
                    }));
                }
                long start = System.nanoTime();
                go.countDown();
                for (Future<String> each : asked) {
                    answers.add(each.get());
                }
                took[0] = System.nanoTime() - start;
            } catch (InterruptedException | ExecutionException e) {
                throw new IOException(e);
            }
        });
        long granted =
                answers.stream().filter(answer -> answer.contains("granted")).count();
        return List.of(
                new Figure(
                        "granted of " + AT_ONCE + " that ask at once",
                        Long.toString(granted),
                        Integer.toString(AT_ONCE),
                        granted == AT_ONCE),
                new Figure("all " + AT_ONCE + " answered after", text(millis(took[0])), "-", true));
    }

    private interface Use {
        void of(GrantRig rig) throws IOException;
    }

    private void withRig(Use use) throws IOException {
        try (GrantRig rig = GrantRig.withRealLimits(folder)) {
            use.of(rig);
        }
    }

    private void delete() throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    private static void check(String answer) {
        if (!answer.contains("granted")) {
            throw new IllegalStateException("A launcher that should have its grant got " + answer);
        }
    }

    private void check(Rlimit now) {
        if (now.hard() != limitBytes) {
            throw new IllegalStateException(
                    "The kernel has the limit " + now.hard() + ", the last grant was of " + limitBytes);
        }
    }

    private static double millis(long nanos) {
        return nanos / 1e6;
    }

    private static String text(double millis) {
        return String.format(Locale.ROOT, "%.2f ms", millis);
    }
}
