package dev.holdfast.agent.grant.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.holdfast.Slow;
import dev.holdfast.agent.grant.AuditLog;
import dev.holdfast.agent.grant.FakeCluster;
import dev.holdfast.agent.grant.GrantClient;
import dev.holdfast.agent.grant.GrantFixtures;
import dev.holdfast.agent.grant.GrantHandler;
import dev.holdfast.agent.grant.GrantRegistry;
import dev.holdfast.agent.grant.LimitSetter;
import dev.holdfast.agent.grant.MemlockLimits;
import dev.holdfast.agent.grant.decision.RefusalCode;
import dev.holdfast.grant.GrantSocket;
import dev.holdfast.host.process.PodLookup;
import dev.holdfast.inventory.AssignableGroup;
import dev.holdfast.telemetry.AgentMeters;
import dev.holdfast.testbed.fixtures.ChildJvm;
import dev.holdfast.testbed.fixtures.FakeCgroups;
import dev.holdfast.testbed.fixtures.FakeProc;
import dev.holdfast.testbed.fixtures.OpenDescriptors;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/**
 * Tests with real sockets, processes and kernel: the limits granted here are lower than those of the process, and
 * lowering them needs no capability.
 */
@Slow
class GrantServerTest {
    private static final String POD = "kubepods/burstable/pod" + GrantFixtures.POD_UID;
    private static final String HOSTILE_POD = "kubepods/burstable/pod99999999-aaaa-bbbb-cccc-000000000009";
    private static final long LOW_BYTES = 48 << 10;
    private static final String REQUEST =
            "{\"namespace\":\"" + GrantFixtures.NAMESPACE + "\",\"name\":\"" + GrantFixtures.NAME + "\"}";
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final int THIS_PROCESS =
            Math.toIntExact(ProcessHandle.current().pid());

    @TempDir
    Path temp;

    private final FakeCluster cluster = new FakeCluster();
    private final SimpleMeterRegistry meterRegistry = new SimpleMeterRegistry();
    private final ListAppender<ILoggingEvent> logged = new ListAppender<>();
    private FakeCgroups cgroups;
    private FakeProc proc;
    private GrantRegistry registry;
    private GrantServer server;
    private Path socket;

    @BeforeEach
    void start() throws IOException {
        cgroups = new FakeCgroups(temp.resolve("cgroup"));
        proc = new FakeProc(temp.resolve("proc"));
        proc.showFirst(THIS_PROCESS, "user.slice/shell.scope");
        registry = new GrantRegistry(proc.procfs(), cgroups.tree(), live -> {});
        cluster.put(GrantFixtures.pod().build());
        cluster.put(GrantFixtures.vm(
                GrantFixtures.status(GrantFixtures.POD_UID, GrantFixtures.plan("Exact", LOW_BYTES, LOW_BYTES, false))));
        serve(Duration.ofMillis(400));
        socket = temp.resolve("grant").resolve(GrantSocket.NAME);
        logged.start();
        logger().addAppender(logged);
    }

    private void serve(Duration linePatience) throws IOException {
        GrantHandler handler = new GrantHandler(
                GrantFixtures.NODE,
                cluster,
                (namespace, pod) -> Map.of(GrantFixtures.GPU, List.of("0000:01:00.0")),
                id -> Optional.of(new AssignableGroup(List.of(id.main()), 13, 0)),
                GrantFixtures.NO_DEVICES,
                proc.procfs(),
                cgroups.tree(),
                registry,
                new LimitSetter(MemlockLimits.ofKernel(), proc.procfs(), registry, Clock.systemUTC()),
                (podUid, patience) -> true);
        server = GrantServer.start(
                temp.resolve("grant"),
                new GrantServer.Bounds(4, 8, 2048, 2, linePatience, Duration.ofMillis(50)),
                handler,
                proc.procfs(),
                new PodLookup(proc.procfs(), cgroups.tree()),
                new AgentMeters(meterRegistry));
    }

    @AfterEach
    void stop() {
        logger().detachAppender(logged);
        server.close();
    }

    @Test
    void setsTheLimitOfTheLauncher() throws Exception {
        Process launcher = launcher();
        try (BufferedReader output = launcher.inputReader(StandardCharsets.UTF_8)) {
            assertThat(output.readLine()).isEqualTo("ready");
            int pid = place(launcher);

            launcher.outputWriter().append("go\n").flush();

            assertThat(output.readLine())
                    .isEqualTo("{\"answer\":\"granted\",\"limitBytes\":49152,\"devices\":"
                            + "[{\"name\":\"gpu0\",\"pciAddresses\":[\"0000:01:00.0\"]}]}");
            assertThat(output.readLine()).matches("Max locked memory +49152 +49152 +bytes *");
            assertThat(registry.live())
                    .singleElement()
                    .satisfies(grant -> assertThat(grant.pid()).isEqualTo(pid));
            assertThat(meterRegistry.get("holdfast.grants").counter().count()).isEqualTo(1);
            assertThat(meterRegistry
                            .get("holdfast.grant")
                            .tag("result", "granted")
                            .timer()
                            .count())
                    .isEqualTo(1);
            assertThat(audited("granted"))
                    .singleElement()
                    .asString()
                    .matches("decision=granted reason=- namespace=lab name=trainer podUID=" + GrantFixtures.POD_UID
                            + " pid="
                            + pid + " startTicks=\\d+ uid=\\d+ process=sleep measuredBytes=- limitBytes=49152"
                            + " softBefore=\\w+ hardBefore=\\w+ devices=gpu0=0000:01:00.0");
        } finally {
            launcher.destroyForcibly();
        }
        assertThat(launcher.waitFor()).isNotNegative();
        registry.sweep();
        assertThat(registry.live()).isEmpty();
    }

    @Test
    void refusesAndLogsAProcessOutsideAnyPod() throws IOException {
        String answer = GrantClient.ask(socket, REQUEST + "\n");

        assertThat(answer).contains("\"answer\":\"refused\"", "\"reason\":\"OutsideAnyPod\"", "in no pod of this node");
        assertThat(refusals("OutsideAnyPod")).isEqualTo(1);
        assertThat(logged.list).anySatisfy(event -> {
            assertThat(event.getLevel()).isEqualTo(Level.WARN);
            assertThat(event.getKeyValuePairs().stream().map(pair -> pair.key + "=" + pair.value))
                    .contains(
                            "reason=OutsideAnyPod",
                            "decision=refused",
                            "namespace=" + GrantFixtures.NAMESPACE,
                            "name=" + GrantFixtures.NAME,
                            "pid=" + THIS_PROCESS,
                            "process=sleep",
                            "podUID=-");
        });
    }

    @Test
    void countsEachReasonFromZero() {
        assertThat(meterRegistry.get("holdfast.grant.refusals").counters())
                .extracting(counter -> counter.getId().getTag("reason"))
                .containsExactlyInAnyOrderElementsOf(
                        Stream.of(RefusalCode.values()).map(RefusalCode::code).toList());
    }

    @Test
    void refusesInputThatIsNotARequest() throws IOException {
        assertThat(GrantClient.ask(socket, "GET / HTTP/1.1\r\n\r\n")).contains("\"reason\":\"Garbage\"");
        assertThat(GrantClient.ask(socket, "\n")).contains("\"reason\":\"Garbage\"");
        assertThat(GrantClient.ask(socket, "\0\u00ff\n")).contains("\"reason\":\"Garbage\"");

        assertThat(refusals("Garbage")).isEqualTo(3);
        assertStillServes();
    }

    @Test
    void refusesALineWithoutEnd() throws IOException {
        try (SocketChannel channel = GrantClient.connect(socket)) {
            ByteBuffer endless = ByteBuffer.allocate(GrantSocket.MAX_REQUEST_BYTES + 1);
            channel.write(endless);

            assertThat(GrantClient.answer(channel)).contains("\"reason\":\"Garbage\"", "longer than 4096 bytes");
        }
        assertStillServes();
    }

    @Test
    void refusesALineThatDoesNotComeInTime() throws IOException {
        try (SocketChannel channel = GrantClient.connect(socket)) {
            channel.write(ByteBuffer.wrap(new byte[] {'{'}));

            assertThat(GrantClient.answer(channel))
                    .contains("\"reason\":\"Garbage\"", "no complete line within 400 ms, only 1 bytes");
        }
        assertStillServes();
    }

    @Test
    void keepsServingWhenPeersDisconnectAtOnce() throws IOException {
        for (int i = 0; i < 200; i++) {
            GrantClient.connect(socket).close();
        }
        assertStillServes();
    }

    @Test
    void replacesControlCharactersInTheNameOfAPeer() throws IOException {
        Files.writeString(
                temp.resolve("proc/" + THIS_PROCESS + "/status"),
                "Name:\tx\" decision=\"granted\u001b[0m\nNSpid:\t1\n");

        GrantClient.ask(socket, REQUEST + "\n");

        assertThat(audited("refused")).singleElement().asString().contains("process=x? decision=?granted?[0m ");
    }

    @Test
    void logsARepeatedWaitOnce() throws Exception {
        cluster.put(GrantFixtures.vm(null));
        cgroups.put(THIS_PROCESS, POD, GrantFixtures.CONTAINER_ID);
        proc.showFirst(THIS_PROCESS, POD + "/" + GrantFixtures.CONTAINER_ID);
        for (int i = 0; i < 3; i++) {
            assertThat(GrantClient.ask(socket, REQUEST + "\n")).contains("\"waiting\"", "has not yet bound");
        }

        cluster.down = true;
        assertThat(GrantClient.ask(socket, REQUEST + "\n")).contains("\"waiting\"", "not responding");

        assertThat(audited("waiting")).hasSize(2);
        assertThat(meterRegistry.get("holdfast.grant.waits").counter().count()).isEqualTo(4);
    }

    /** Uses three times as many peers as there are threads for requests. */
    @Test
    void silentPeersOfManyPodsDoNotDelayOthers() throws Exception {
        server.close();
        serve(PATIENCE);
        Process launcher = launcher();
        List<SocketChannel> silent = new ArrayList<>();
        long before = OpenDescriptors.count();
        try (BufferedReader output = launcher.inputReader(StandardCharsets.UTF_8)) {
            assertThat(output.readLine()).isEqualTo("ready");
            place(launcher);
            for (int i = 0; i < 6; i++) {
                String pod = HOSTILE_POD + i;
                cgroups.put(THIS_PROCESS, pod, "hostile");
                proc.showFirst(THIS_PROCESS, pod + "/hostile");
                silent.add(GrantClient.connect(socket));
                // Accepted for its own pod before the next pod is shown.
                int letIn = i + 1;
                await().atMost(PATIENCE).until(() -> OpenDescriptors.count() >= before + 3L * letIn);
            }

            launcher.outputWriter().append("go\n").flush();

            assertThat(output.readLine()).contains("granted");
            assertThat(refusals("Garbage")).as("refusals of silent peers").isZero();
        } finally {
            for (SocketChannel channel : silent) {
                channel.close();
            }
            launcher.destroyForcibly();
        }
    }

    @Test
    void aThousandConnectionsOfOnePodNeitherDelayOthersNorLeak() throws Exception {
        // Given a launcher that is ready, and a pod that opens a thousand connections and sends nothing
        Process launcher = launcher();
        List<SocketChannel> flood = new ArrayList<>();
        try (BufferedReader output = launcher.inputReader(StandardCharsets.UTF_8)) {
            assertThat(output.readLine()).isEqualTo("ready");
            place(launcher);
            cgroups.put(THIS_PROCESS, HOSTILE_POD, "hostile");
            proc.showFirst(THIS_PROCESS, HOSTILE_POD + "/hostile");
            long before = OpenDescriptors.count();
            for (int i = 0; i < 1000; i++) {
                flood.add(GrantClient.connect(socket));
            }

            // When the launcher sends its request meanwhile
            launcher.outputWriter().append("go\n").flush();

            // Then it gets its grant; of the others at most four are accepted, the rest are rejected
            assertThat(output.readLine()).contains("granted");
            List<String> answers = new ArrayList<>();
            for (SocketChannel channel : flood) {
                answers.add(GrantClient.answer(channel));
                channel.close();
            }
            assertThat(answers)
                    .allMatch(answer -> answer.contains("too many connections") || answer.contains("\"Garbage\""));
            assertThat(answers.stream().filter(answer -> answer.contains("\"Garbage\"")))
                    .hasSizeBetween(1, 100);
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(OpenDescriptors.count()).isLessThanOrEqualTo(before + 4));
        } finally {
            launcher.destroyForcibly();
        }
        assertStillServes();
    }

    /**
     * Asserts that a launcher is served. Right after a flood, connections may still count, and a rejected peer cannot
     * even write.
     */
    private void assertStillServes() {
        await().atMost(PATIENCE)
                .ignoreExceptionsInstanceOf(IOException.class)
                .untilAsserted(() ->
                        assertThat(GrantClient.ask(socket, REQUEST + "\n")).contains("\"answer\":\"refused\""));
    }

    private Process launcher() throws IOException {
        return ChildJvm.start(GrantClient.class, socket.toString(), REQUEST);
    }

    /** Makes a process the first of the VM's pod. */
    private int place(Process process) {
        int pid = Math.toIntExact(process.pid());
        cgroups.put(pid, POD, GrantFixtures.CONTAINER_ID);
        proc.showFirst(pid, POD + "/" + GrantFixtures.CONTAINER_ID);
        return pid;
    }

    /** Returns keys and values of the audit lines with a decision. */
    private List<String> audited(String decision) {
        return logged.list.stream()
                .map(event -> event.getKeyValuePairs().stream()
                        .map(pair -> pair.key + "=" + pair.value)
                        .collect(Collectors.joining(" ")))
                .filter(line -> line.startsWith("decision=" + decision + " "))
                .toList();
    }

    private double refusals(String reason) {
        return meterRegistry.find("holdfast.grant.refusals").tag("reason", reason).counters().stream()
                .mapToDouble(Counter::count)
                .sum();
    }

    private static Logger logger() {
        return (Logger) LoggerFactory.getLogger(AuditLog.LOGGER);
    }
}
