package dev.holdfast.user.console;

import static dev.holdfast.testbed.Progress.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.testbed.apiserver.MockApiServer;
import dev.holdfast.user.CommandFailure;
import dev.holdfast.user.PodAccess;
import dev.holdfast.user.UserCluster;
import dev.holdfast.user.VmClient;
import dev.holdfast.user.console.GuestConsole.End;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class GuestConsoleTest {
    private final ByteArrayOutputStream screen = new ByteArrayOutputStream();
    private final PipedOutputStream keyboard = new PipedOutputStream();

    @Test
    void forwardsKeysUntilTheUserLeaves() throws IOException {
        try (AttachServer server = AttachServer.start("Running");
                UserCluster cluster = new UserCluster(MockApiServer.client(server.url()), "lab")) {
            CompletableFuture<End> end = console(cluster);
            press("ls\u0003\r");
            eventually(
                    "the guest answers",
                    () -> screen.toString(StandardCharsets.UTF_8).contains("guest:ls\u0003\r"));

            press("a\u001db");

            assertThat(end.join()).isEqualTo(End.LEFT);
            eventually("the last key arrives", () -> server.received().contains("a"));
            assertThat(server.received()).isEqualTo("ls\u0003\ra");
            assertThat(server.attached())
                    .singleElement()
                    .asString()
                    .startsWith("/api/v1/namespaces/lab/pods/vm/attach?")
                    .contains("container=qemu", "stdin=true", "stdout=true", "tty=true")
                    .doesNotContain("stderr=true");
        }
    }

    @Test
    void endsWithTheMachine() throws IOException {
        try (AttachServer server = AttachServer.start("Running");
                UserCluster cluster = new UserCluster(MockApiServer.client(server.url()), "lab")) {
            CompletableFuture<End> end = console(cluster);

            press("off");

            assertThat(end.join()).isEqualTo(End.DISCONNECTED);
        }
    }

    @Test
    void namesTheMissingRight() {
        try (AttachServer server = AttachServer.start(AttachServer.REFUSING);
                UserCluster cluster = new UserCluster(MockApiServer.client(server.url()), "lab")) {
            PodAccess pod = PodAccess.of(cluster, new VmClient(cluster, "vm").get());

            assertThatThrownBy(() -> GuestConsole.run(pod, InputStream.nullInputStream(), screen))
                    .isInstanceOf(CommandFailure.class)
                    .hasMessageStartingWith("this account may not create pods/attach in namespace lab");
        }
    }

    @Test
    void doesNotAttachToAPodThatIsNotRunning() {
        try (AttachServer server = AttachServer.start("Pending");
                UserCluster cluster = new UserCluster(MockApiServer.client(server.url()), "lab")) {
            var vm = new VmClient(cluster, "vm").get();

            assertThatThrownBy(() -> PodAccess.of(cluster, vm))
                    .isInstanceOf(CommandFailure.class)
                    .hasMessageStartingWith("lab/vm does not run: ")
                    .hasMessageEndingWith("`holdfast why -n lab vm` shows what is in the way");
            assertThat(server.attached()).isEmpty();
        }
    }

    private CompletableFuture<End> console(UserCluster cluster) throws IOException {
        PipedInputStream keys = new PipedInputStream(keyboard);
        PodAccess pod = PodAccess.of(cluster, new VmClient(cluster, "vm").get());
        return CompletableFuture.supplyAsync(
                () -> GuestConsole.run(pod, keys, screen),
                task -> Thread.ofVirtual().start(task));
    }

    private void press(String keys) throws IOException {
        keyboard.write(keys.getBytes(StandardCharsets.UTF_8));
        keyboard.flush();
    }
}
