package dev.holdfast.bench;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import com.sun.management.ThreadMXBean;
import dev.holdfast.agent.grant.GrantRig;
import dev.holdfast.host.kernel.Libc;
import dev.holdfast.host.kernel.Rlimit;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
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
import java.util.concurrent.SynchronousQueue;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.slf4j.LoggerFactory;

/**
 * Grants as a launcher sees them, from connect to the answer: identity, decision, prlimit, reading back, the book. The
 * API server is made up, so its two reads and the report's write cost nothing. This process is the launcher of every
 * VM, and its limit goes down a little with each grant, which takes no capability.
 *
 * <p>On a machine that others keep busy most of the time goes by in waiting for a processor. So before each grant a
 * thread is started and answers, which takes little more than a processor: where even that is slow, the budget is held against
 * the processor time of all threads that have to do with the grant.
 */
final class GrantBench implements Bench {
    private static final int GRANTS = 10_000;
    /** Number of VMs on the busiest node. */
    private static final int PODS = 250;

    private static final int WARM_UP = 2_000;
    private static final int AT_ONCE = 200;
    private static final int WARM_UP_ASKS = 40;
    private static final long MOST = 1L << 40;
    private static final double P99_MILLIS = 5;
    /** Maximum latency of starting a thread, above which measured times depend more on the machine than on the agent. */
    private static final double BUSY_MILLIS = 1;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

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

    /** In nanoseconds, one for each grant. */
    private record Times(long[] grants, long[] processor, long[] wakes) {
        Times(int count) {
            this(new long[count], new long[count], new long[count]);
        }
    }

    private static List<Figure> latencies(Times times) {
        int count = times.grants().length;
        double p99 = percentile(times.grants(), 99);
        double processor = percentile(times.processor(), 99);
        double wake = percentile(times.wakes(), 99);
        boolean busy = wake > BUSY_MILLIS;
        return List.of(
                new Figure("p50 of " + count + " grants", text(percentile(times.grants(), 50)), "-", true),
                new Figure(
                        "p99 of " + count + " grants, no API",
                        text(p99),
                        busy ? "machine too busy" : text(P99_MILLIS),
                        busy || p99 <= P99_MILLIS),
                new Figure("the same in processor time", text(processor), text(P99_MILLIS), processor <= P99_MILLIS),
                new Figure(
                        "p99 of a thread that is started and answers",
                        text(wake),
                        text(BUSY_MILLIS) + " if idle",
                        true));
    }

    private Times oneAfterTheOther(int count) throws IOException {
        Times times = new Times(count);
        for (int done = 0; done < count; done += PODS) {
            int first = done;
            withRig(rig -> {
                for (int i = 0; i < PODS; i++) {
                    limitBytes -= stepBytes;
                    rig.addVmOfThisProcess("vm-" + i, limitBytes);
                }
                long[] threads = threadsOf(rig);
                for (int i = 0; i < PODS; i++) {
                    times.wakes()[first + i] = wake();
                    long busy = processorTime(threads);
                    long start = System.nanoTime();
                    String answer = rig.ask("vm-" + i);
                    times.grants()[first + i] = System.nanoTime() - start;
                    times.processor()[first + i] = processorTime(threads) - busy;
                    check(answer);
                }
            });
        }
        check(Libc.memlockLimit());
        return times;
    }

    /** All that will work on a grant: the server starts its workers with its first requests. */
    private static long[] threadsOf(GrantRig rig) throws IOException {
        for (int i = 0; i < WARM_UP_ASKS; i++) {
            rig.ask("none-" + i);
        }
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread ->
                        thread == Thread.currentThread() || thread.getName().startsWith("grant-"))
                .mapToLong(Thread::threadId)
                .toArray();
    }

    /** A thread that has ended counts -1 from then on, and none does within a grant. */
    private static long processorTime(long[] threads) {
        return LongStream.of(THREADS.getThreadCpuTime(threads))
                .filter(time -> time > 0)
                .sum();
    }

    private static long wake() throws IOException {
        SynchronousQueue<Long> there = new SynchronousQueue<>();
        Thread other = Thread.ofPlatform().daemon().start(() -> {
            try {
                there.put(System.nanoTime());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        try {
            long start = System.nanoTime();
            there.take();
            other.join();
            return System.nanoTime() - start;
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    private static double percentile(long[] nanos, int percent) {
        long[] sorted = nanos.clone();
        Arrays.sort(sorted);
        return millis(sorted[sorted.length * percent / 100]);
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
