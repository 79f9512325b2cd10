package dev.holdfast.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.grant.GrantAnswer;
import dev.holdfast.grant.GrantRequest;
import dev.holdfast.grant.GrantSocket;
import dev.holdfast.testbed.fixtures.FakeAgent;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@SuppressWarnings("try") // The peer runs while it is open.
class GrantClientTest {
    private static final GrantRequest REQUEST = new GrantRequest("default", "gpu-vm", null);

    @TempDir
    private Path folder = Path.of("");

    private Path socket = Path.of("");

    @BeforeEach
    void placeSocket() {
        socket = folder.resolve("grant.sock");
    }

    @Test
    void sendsNamespaceAndNameOnly() throws Exception {
        try (FakeAgent agent = new FakeAgent(socket, "{\"answer\":\"waiting\",\"message\":\"not bound\"}\n")) {
            assertThat(ask()).isEqualTo(new GrantAnswer.Waiting("not bound"));
            assertThat(agent.asked()).containsExactly("{\"namespace\":\"default\",\"name\":\"gpu-vm\"}");
        }
    }

    @Test
    void readsGrantAndRefusal() throws Exception {
        String granted = "{\"answer\":\"granted\",\"limitBytes\":135528448,\"devices\":"
                + "[{\"name\":\"gpu0\",\"pciAddresses\":[\"0000:01:00.0\",\"0000:01:00.1\"]}]}\n";
        String refused = "{\"answer\":\"refused\",\"reason\":\"SecondProcess\",\"message\":\"no\"}\n";
        try (FakeAgent agent = new FakeAgent(socket, granted, refused)) {
            assertThat(ask())
                    .isEqualTo(new GrantAnswer.Granted(
                            135528448,
                            List.of(new GrantAnswer.NamedDevice("gpu0", List.of("0000:01:00.0", "0000:01:00.1")))));
            assertThat(ask()).isEqualTo(new GrantAnswer.Refused("SecondProcess", "no"));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\n",
                "HTTP/1.1 400 Bad Request\n",
                "null\n",
                "{\"answer\":\"perhaps\"}\n",
                "{\"answer\":\"granted\"}\n",
                "{\"answer\":\"granted\",\"limitBytes\":4096,\"devices\":[{\"name\":\"gpu0\"}]}\n",
                "{\"answer\":\"refused\"}\n"
            })
    void rejectsAnInvalidAnswer(String answer) throws Exception {
        try (FakeAgent agent = new FakeAgent(socket, answer)) {
            assertThatThrownBy(this::ask)
                    .isInstanceOf(GrantRequester.GarbageException.class)
                    .hasMessageContaining("which is not a grant");
        }
    }

    @Test
    void doesNotReadAnEndlessLine() throws Exception {
        try (FakeAgent agent = new FakeAgent(socket, "x".repeat(2 * GrantSocket.MAX_LINE_BYTES))) {
            assertThatThrownBy(this::ask)
                    .isInstanceOf(GrantRequester.GarbageException.class)
                    .hasMessageContaining("a line of more than 65536 bytes");
        }
    }

    @Test
    void anAgentThatClosesTheConnectionCanBeRetried() throws Exception {
        try (FakeAgent agent = new FakeAgent(socket, "", "{\"answer\":\"wai")) {
            for (int i = 0; i < 2; i++) {
                assertThatThrownBy(this::ask)
                        .isInstanceOf(IOException.class)
                        .isNotInstanceOf(GrantRequester.GarbageException.class)
                        .hasMessageContaining("closed the connection");
            }
        }
    }

    @Test
    void anAgentThatIsNotRunningCanBeRetried() {
        assertThatThrownBy(this::ask)
                .isInstanceOf(IOException.class)
                .isNotInstanceOf(GrantRequester.GarbageException.class)
                .hasMessageContaining("cannot connect to " + socket);
    }

    private GrantAnswer ask() throws IOException {
        return new GrantClient(socket, Duration.ofSeconds(10)).ask(REQUEST);
    }
}
