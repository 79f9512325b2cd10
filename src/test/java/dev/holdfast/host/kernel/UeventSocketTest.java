package dev.holdfast.host.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.holdfast.host.kernel.UeventSocket.Heard;
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
                Heard heard = status == 0 ? socket.hear(Duration.ofSeconds(60)) : new Heard.Silence();
                System.out.println(heard);
            }
        }
    }

    @Test
    void receivesUeventsOfTheKernel() throws IOException {
        assertThat(ChildJvm.output(ChildJvm.startIn(NAMESPACES, Renaming.class)).strip())
                .isEqualTo(new Heard.Event(new Uevent("move", "net", "/devices/virtual/net/renamed0")).toString());
    }

    @Test
    void closingEndsAWait() throws Exception {
        UeventSocket socket = UeventSocket.open();
        CountDownLatch listening = new CountDownLatch(1);
        CompletableFuture<Void> end = CompletableFuture.runAsync(() -> {
            listening.countDown();
            assertThatExceptionOfType(ClosedChannelException.class).isThrownBy(() -> {
                while (true) {
                    socket.hear();
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
            Heard heard;
            do {
                heard = socket.hear(Duration.ofMillis(1));
            } while (heard instanceof Heard.Event);
            assertThat(heard).isEqualTo(new Heard.Silence());
        }
    }
}
