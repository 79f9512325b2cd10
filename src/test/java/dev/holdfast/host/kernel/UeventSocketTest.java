package dev.holdfast.host.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.holdfast.host.kernel.UeventSocket.Received;
import dev.holdfast.testbed.fixtures.ChildJvm;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class UeventSocketTest {
    /** New namespaces, which require no privilege: in them a network interface can be renamed, which causes a uevent. */
    private static final List<String> NAMESPACES = List.of("unshare", "--user", "--map-root-user", "--net");

    /** Renames an interface and waits for its uevent. */
    @SuppressWarnings("SystemOut")
    static final class Renaming {
        private Renaming() {}

        public static void main(String[] arguments) throws Exception {
            try (UeventSocket socket = UeventSocket.open()) {
                int status = new ProcessBuilder("ip", "link", "set", "lo", "name", "renamed0")
                        .inheritIO()
                        .start()
                        .waitFor();
                Received received = status == 0 ? socket.receive(Duration.ofSeconds(60)) : new Received.Timeout();
                System.out.println(received);
            }
        }
    }

    @Test
    void receivesUeventsOfTheKernel() throws IOException {
        assertThat(ChildJvm.output(ChildJvm.startIn(NAMESPACES, Renaming.class)).strip())
                .isEqualTo(new Received.Event(new Uevent("move", "net", "/devices/virtual/net/renamed0")).toString());
    }

    @Test
    void closingEndsAWait() throws Exception {
        UeventSocket socket = UeventSocket.open();
        CountDownLatch listening = new CountDownLatch(1);
        CompletableFuture<Void> end = CompletableFuture.runAsync(() -> {
            listening.countDown();
            assertThatExceptionOfType(ClosedChannelException.class).isThrownBy(() -> {
                while (true) {
                    socket.receive();
                }
            });
        });
        listening.await();

        socket.close();

        end.get(10, TimeUnit.SECONDS);
    }

    @Test
    void reportsATimeout() throws IOException, ExecutionException {
        try (UeventSocket socket = UeventSocket.open()) {
            Received received;
            do {
                received = socket.receive(Duration.ofMillis(1));
            } while (received instanceof Received.Event);
            assertThat(received).isEqualTo(new Received.Timeout());
        }
    }
}
