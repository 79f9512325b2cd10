package dev.holdfast.qemu.qmp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.testbed.qemu.FakeQmp;
import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.ProtocolException;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@SuppressWarnings("try") // The peer runs while it is open.
class QmpTest {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final Duration SHORT = Duration.ofMillis(50);

    @TempDir
    private Path folder = Path.of("");

    private Path socket = Path.of("");

    @BeforeEach
    void placeSocket() {
        socket = folder.resolve("qmp.sock");
    }

    @Test
    void keepsEventsThatArriveBeforeTheAnswer() throws Exception {
        FakeQmp.Session session = FakeQmp.greeted((in, out) -> {
            in.readLine();
            out.println("{\"event\": \"POWERDOWN\", \"timestamp\": {}}");
            out.println("{\"return\": {\"status\": \"running\"}, \"id\": 2}");
            out.println("{\"event\": \"SHUTDOWN\"}");
            in.readLine();
        });
        try (FakeQmp server = new FakeQmp(socket, session);
                Qmp qmp = Qmp.connect(socket, TIMEOUT)) {
            assertThat(qmp.execute("query-status").path("status").asText()).isEqualTo("running");
            assertThat(qmp.nextEvent(TIMEOUT)).contains("POWERDOWN");
            assertThat(qmp.nextEvent(TIMEOUT)).contains("SHUTDOWN");
            assertThat(qmp.nextEvent(SHORT)).isEmpty();
        }
    }

    @Test
    void reportsWhatQemuRefused() throws Exception {
        FakeQmp.Session session = FakeQmp.greeted((in, out) -> {
            in.readLine();
            out.println("{\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"no such command\"}, \"id\": 2}");
            in.readLine();
        });
        try (FakeQmp server = new FakeQmp(socket, session);
                Qmp qmp = Qmp.connect(socket, TIMEOUT)) {
            assertThatThrownBy(() -> qmp.execute("nonsense"))
                    .isInstanceOf(QmpException.class)
                    .hasMessage("QEMU refused nonsense: no such command");
        }
    }

    @Test
    void skipsTheLateAnswerToACommandThatTimedOut() throws Exception {
        FakeQmp.Session session = FakeQmp.greeted((in, out) -> {
            in.readLine();
            in.readLine();
            out.println("{\"return\": \"late\", \"id\": 2}");
            out.println("{\"return\": \"now\", \"id\": 3}");
            in.readLine();
        });
        try (FakeQmp server = new FakeQmp(socket, session);
                Qmp qmp = Qmp.connect(socket, Duration.ofMillis(500))) {
            assertThatThrownBy(() -> qmp.execute("slow")).isInstanceOf(SocketTimeoutException.class);
            assertThat(qmp.execute("quick").asText()).isEqualTo("now");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"hello", "[]", "42", "{\"return\": {}}", "{\"QMP\": "})
    void refusesAPeerThatIsNotQemu(String greeting) throws Exception {
        try (FakeQmp server = new FakeQmp(socket, (in, out) -> {
            out.println(greeting);
            in.readLine();
        })) {
            assertThatThrownBy(() -> connect())
                    .isInstanceOf(ProtocolException.class)
                    .hasMessageContaining("which is not a QMP message");
        }
    }

    @Test
    void reportsThatThePeerClosedTheConnection() throws Exception {
        try (FakeQmp server = new FakeQmp(socket, (in, out) -> out.print("{\"QMP\": {}"))) {
            assertThatThrownBy(() -> connect())
                    .isInstanceOf(EOFException.class)
                    .hasMessageContaining("closed the connection");
        }
    }

    @Test
    void reportsThatNothingListens() {
        assertThatThrownBy(() -> connect())
                .isInstanceOf(ConnectException.class)
                .hasMessageContaining(socket.toString());
    }

    @Test
    void doesNotWaitForAGreetingForever() throws Exception {
        try (FakeQmp server = new FakeQmp(socket, (in, out) -> in.readLine())) {
            assertThatThrownBy(() -> Qmp.connect(socket, SHORT).close())
                    .isInstanceOf(SocketTimeoutException.class)
                    .hasMessageContaining("did not respond within");
        }
    }

    private void connect() throws IOException {
        Qmp.connect(socket, TIMEOUT).close();
    }
}
