package dev.holdfast.agent.grant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.CaseCount;
import dev.holdfast.Slow;
import dev.holdfast.host.kernel.Rlimit;
import dev.holdfast.testbed.fixtures.OpenDescriptors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Invalid inputs on a real socket, the same ones in each run; a hundred thousand of them by {@code make fuzz}. */
@Slow
class GrantSocketFuzzTest {
    private static final int SEQUENCES = CaseCount.of(20_000, 100_000);
    /** Smaller growth is what libraries allocate once at their first use. */
    private static final int LEAK = 10;

    private static final int MUTATIONS = CaseCount.of(5_000, 10_000);
    private static final int AT_ONCE = 4;
    private static final String POD = "kubepods/burstable/pod" + GrantFixtures.POD_UID;
    private static final String HOSTILE_POD = "kubepods/burstable/pod99999999-aaaa-bbbb-cccc-000000000009";
    private static final String REQUEST = "{\"namespace\":\"" + GrantFixtures.NAMESPACE + "\",\"name\":\""
            + GrantFixtures.NAME + "\",\"measuredBytes\":33554432}\n";
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path temp;

    private final FakeLimits limits = new FakeLimits();
    private final ListAppender<ILoggingEvent> faults = new ListAppender<>();
    private GrantRig rig;

    @BeforeEach
    void start() throws IOException {
        rig = new GrantRig(temp, GrantRig.WIDE, limits, List.of());
        rig.cluster.put(GrantFixtures.pod().build());
        rig.cluster.put(GrantFixtures.vm());
        logger(AuditLog.LOGGER).setLevel(Level.OFF);
        faults.start();
        logger("dev.holdfast.agent.grant").addAppender(faults);
    }

    @AfterEach
    void stop() {
        rig.close();
        logger("dev.holdfast.agent.grant").detachAppender(faults);
        logger(AuditLog.LOGGER).setLevel(null);
    }

    @Test
    void noInputCrashesTheServerLeaksOrGetsAGrant() throws Exception {
        place(HOSTILE_POD, "hostile");
        // Warm up, so that the later counts are of the server only.
        GrantClient.ask(rig.socket, "\n");
        long descriptors = OpenDescriptors.count();

        inParallel(SEQUENCES, random -> {
            try (SocketChannel channel = GrantClient.connect(rig.socket)) {
                say(channel, hostile(random));
                channel.shutdownOutput();
                if (random.nextInt(4) != 0) {
                    assertThat(GrantClient.answer(channel)).startsWith("{\"answer\":\"refused\"");
                }
            }
        });

        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(rig.count("holdfast.grant.refusals"))
                        .as("each was answered once, and counted")
                        .isEqualTo(SEQUENCES + 1));
        assertThat(rig.count("holdfast.grants")).isZero();
        assertThat(limits.limits).isEmpty();
        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(OpenDescriptors.count()).isLessThan(descriptors + LEAK));
        assertThat(grantThreads()).isLessThanOrEqualTo(GrantRig.WIDE.workers() + 3L);
        assertNoFault();
        place(POD, GrantFixtures.CONTAINER_ID);
        assertThat(GrantClient.ask(rig.socket, REQUEST)).contains("granted");
    }

    /** Sent by the launcher, so that only the content of the request can prevent a grant. */
    @Test
    void aModifiedRequestGetsNothingBeyondItsContent() throws Exception {
        place(POD, GrantFixtures.CONTAINER_ID);
        long max = GrantFixtures.MAX_BYTES;

        inParallel(MUTATIONS, random -> {
            byte[] line = mutated(REQUEST.getBytes(StandardCharsets.UTF_8), random);
            String answer;
            try (SocketChannel channel = GrantClient.connect(rig.socket)) {
                say(channel, line);
                channel.shutdownOutput();
                answer = GrantClient.answer(channel);
            }
            if (answer.contains("granted")) {
                JsonNode request = JSON.readTree(firstLine(line));
                assertThat(request.path("namespace").asText()).isEqualTo(GrantFixtures.NAMESPACE);
                assertThat(request.path("name").asText()).isEqualTo(GrantFixtures.NAME);
            }
        });

        assertThat(limits.limits.keySet()).isSubsetOf(GrantRig.THIS_PROCESS);
        assertThat(limits.get(GrantRig.THIS_PROCESS).hard()).isBetween(GrantFixtures.LIMIT_BYTES - 1, max);
        assertThat(limits.get(GrantRig.THIS_PROCESS))
                .isNotEqualTo(FakeLimits.INHERITED)
                .isNotEqualTo(Rlimit.of(0));
        assertThat(rig.registry.live()).hasSizeLessThanOrEqualTo(1);
        assertNoFault();
    }

    private static byte[] hostile(Random random) {
        return switch (random.nextInt(8)) {
            case 0 -> random(random, random.nextInt(64));
            case 1 -> random(random, random.nextInt(9000));
            case 2 -> line("[".repeat(random.nextInt(4200)));
            case 3 -> line("{\"namespace\":".repeat(random.nextInt(300)));
            case 4 -> line("{\"namespace\":\"lab\",\"name\":\"trainer\",\"measuredBytes\":" + number(random) + "}");
            case 5 -> line("{\"name\":\"../../" + "a".repeat(random.nextInt(300)) + "\",\"namespace\":\"\\u0000\"}");
            case 6 -> REQUEST.repeat(1 + random.nextInt(20)).getBytes(StandardCharsets.UTF_8);
            default -> mutated(REQUEST.getBytes(StandardCharsets.UTF_8), random);
        };
    }

    private static String number(Random random) {
        String[] numbers = {"-1", "1e999", "9".repeat(1 + random.nextInt(2000)), "-9223372036854775808", "NaN", "0.5"};
        return numbers[random.nextInt(numbers.length)];
    }

    private static byte[] random(Random random, int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    private static byte[] line(String text) {
        return (text + "\n").getBytes(StandardCharsets.UTF_8);
    }

    /** Returns the line with a few bytes changed, removed or doubled. */
    private static byte[] mutated(byte[] from, Random random) {
        byte[] bytes = from.clone();
        for (int i = random.nextInt(4); i >= 0; i--) {
            int at = random.nextInt(bytes.length);
            switch (random.nextInt(4)) {
                case 0 -> bytes[at] = (byte) random.nextInt(256);
                case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 2 -> bytes = bytes.length > 1 ? Arrays.copyOf(bytes, bytes.length - 1) : bytes;
                default -> {
                    byte[] longer = Arrays.copyOf(bytes, bytes.length + 1);
                    System.arraycopy(bytes, at, longer, at + 1, bytes.length - at);
                    bytes = longer;
                }
            }
        }
        return bytes;
    }

    private static String firstLine(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8).lines().findFirst().orElse("");
    }

    /** Sends bytes. The server may have rejected the connection before. */
    private static void say(SocketChannel channel, byte[] bytes) {
        try {
            ByteBuffer left = ByteBuffer.wrap(bytes);
            while (left.hasRemaining()) {
                channel.write(left);
            }
        } catch (IOException e) {
            assertThat(e).hasMessageContaining("pipe");
        }
    }

    private interface Attempt {
        void with(Random random) throws IOException;
    }

    private static void inParallel(int count, Attempt attempt) throws Exception {
        try (ExecutorService executor = Executors.newFixedThreadPool(AT_ONCE)) {
            List<Future<Integer>> parts = IntStream.range(0, AT_ONCE)
                    .mapToObj(part -> executor.submit(() -> {
                        Random random = new Random(20261122 + part);
                        for (int i = 0; i < count / AT_ONCE; i++) {
                            attempt.with(random);
                        }
                        return part;
                    }))
                    .toList();
            for (Future<Integer> part : parts) {
                assertThat(part.get()).isNotNegative();
            }
        }
    }

    private void place(String pod, String container) {
        rig.cgroups.put(GrantRig.THIS_PROCESS, pod, container);
        rig.proc.showFirst(GrantRig.THIS_PROCESS, pod + "/" + container);
    }

    private void assertNoFault() {
        assertThat(faults.list)
                .filteredOn(event -> event.getLevel().isGreaterOrEqual(Level.WARN))
                .isEmpty();
    }

    private static long grantThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("grant-"))
                .count();
    }

    private static Logger logger(String name) {
        return (Logger) LoggerFactory.getLogger(name);
    }
}
