package dev.holdfast.agent.grant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Slow;
import dev.holdfast.api.node.Grant;
import dev.holdfast.host.kernel.Rlimit;
import dev.holdfast.testbed.fixtures.ChildJvm;
import dev.holdfast.testbed.fixtures.FakeCgroups;
import dev.holdfast.testbed.fixtures.FakeProc;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Successive agents on the same socket, and a launcher that keeps running. The launcher is this process. */
@Slow
class AgentRestartTest {
    private static final String POD = "kubepods/burstable/pod" + GrantFixtures.POD_UID;
    private static final String REQUEST =
            "{\"namespace\":\"" + GrantFixtures.NAMESPACE + "\",\"name\":\"" + GrantFixtures.NAME + "\"}";

    @TempDir
    Path temp;

    private final FakeLimits limits = new FakeLimits();

    @BeforeEach
    void placeThisProcessInThePod() {
        new FakeCgroups(temp.resolve("cgroup")).put(GrantRig.THIS_PROCESS, POD, GrantFixtures.CONTAINER_ID);
        new FakeProc(temp.resolve("proc")).showFirst(GrantRig.THIS_PROCESS, POD + "/" + GrantFixtures.CONTAINER_ID);
    }

    /** Agent that reads the request and never answers it: its API server does not respond. */
    static final class StuckAgent {
        private StuckAgent() {}

        public static void main(String[] arguments) throws Exception {
            GrantRig rig = rig(Path.of(arguments[0]), new FakeLimits(), List.of());
            rig.cluster.before = () -> {
                System.out.println("asked");
                System.out.flush();
                new CountDownLatch(1).await();
            };
            System.out.println("ready");
            System.out.flush();
            if (System.in.read() < 0) {
                rig.close();
            }
        }
    }

    @Test
    void aPeerWhoseAgentIsKilledIsServedByTheNext() throws Exception {
        Process agent = ChildJvm.start(StuckAgent.class, temp.toString());
        try (BufferedReader output = agent.inputReader(StandardCharsets.UTF_8);
                SocketChannel undecided = connectOnce(output);
                SocketChannel silent = GrantClient.connect(socket())) {
            undecided.write(ByteBuffer.wrap((REQUEST + "\n").getBytes(StandardCharsets.UTF_8)));
            awaitLine(output, "asked");

            agent.destroyForcibly().waitFor();

            assertThat(GrantClient.answer(undecided)).as("no answer").isEmpty();
            assertThat(GrantClient.answer(silent)).as("no answer").isEmpty();
            assertThatThrownBy(() -> GrantClient.connect(socket())).isInstanceOf(IOException.class);
        } finally {
            agent.destroyForcibly();
        }
        try (GrantRig next = rig(temp, limits, List.of())) {
            assertThat(GrantClient.ask(next.socket, REQUEST + "\n")).contains("granted");
            assertThat(limits.get(GrantRig.THIS_PROCESS)).isEqualTo(Rlimit.of(GrantFixtures.LIMIT_BYTES));
        }
    }

    @Test
    void aGrantedPeerGetsTheSameGrantFromTheNextAgentAndOtherPeersDoNot() throws Exception {
        String first;
        List<Grant> report;
        try (GrantRig before = rig(temp, limits, List.of())) {
            first = GrantClient.ask(before.socket, REQUEST + "\n");
            report = before.registry.live();
        }

        try (GrantRig next = rig(temp, limits, report)) {
            assertThat(next.registry.live()).isEqualTo(report);
            assertThat(GrantClient.ask(next.socket, REQUEST + "\n"))
                    .contains("granted")
                    .isEqualTo(first);
            assertThat(next.registry.live()).isEqualTo(report);

            next.proc.showReused(GrantRig.THIS_PROCESS, POD + "/" + GrantFixtures.CONTAINER_ID, 1);
            assertThat(GrantClient.ask(next.socket, REQUEST + "\n")).contains("SecondProcess");
        }
    }

    /** The report precedes the answer, so no peer knows of this grant. */
    @Test
    void aGrantThatWasNotReportedIsGivenAgain() throws Exception {
        try (GrantRig before = rig(temp, limits, List.of())) {
            GrantClient.ask(before.socket, REQUEST + "\n");
        }

        try (GrantRig next = rig(temp, limits, List.of())) {
            assertThat(GrantClient.ask(next.socket, REQUEST + "\n")).contains("granted");
            assertThat(next.registry.live()).hasSize(1);
        }
    }

    private SocketChannel connectOnce(BufferedReader output) throws IOException {
        awaitLine(output, "ready");
        return GrantClient.connect(socket());
    }

    /** Skips log lines. */
    private static void awaitLine(BufferedReader output, String wanted) throws IOException {
        String line = output.readLine();
        while (line != null && !line.equals(wanted)) {
            line = output.readLine();
        }
        assertThat(line).isEqualTo(wanted);
    }

    private Path socket() {
        return temp.resolve("grant/grant.sock");
    }

    private static GrantRig rig(Path folder, FakeLimits limits, List<Grant> left) throws IOException {
        GrantRig rig = new GrantRig(folder, GrantRig.WIDE, limits, left);
        rig.cluster.put(GrantFixtures.pod().build());
        rig.cluster.put(GrantFixtures.vm());
        return rig;
    }
}
