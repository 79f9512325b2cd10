package dev.holdfast.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.host.UeventSocket.Heard;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class UeventSocketTest {
    /** A device that every kernel has; writing to its file asks the kernel to tell of it once more. */
    private static final Path NULL_DEVICE = Path.of("/sys/class/mem/null/uevent");

    @Test
    void hearsTheKernel() throws IOException {
        assumeTrue(Files.isWritable(NULL_DEVICE), "only root may ask for a uevent");
        try (UeventSocket socket = UeventSocket.open()) {
            Files.writeString(NULL_DEVICE, "change");

            Heard heard;
            do {
                heard = socket.hear(Duration.ofSeconds(10));
                assertThat(heard).isInstanceOf(Heard.Event.class);
            } while (!heard.equals(new Heard.Event(new Uevent("change", "mem", "/devices/virtual/mem/null"))));
        }
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
    void saysWhenNothingCame() throws IOException, ExecutionException {
        try (UeventSocket socket = UeventSocket.open()) {
            Heard heard;
            do {
                heard = socket.hear(Duration.ofMillis(1));
            } while (heard instanceof Heard.Event);
            assertThat(heard).isEqualTo(new Heard.Silence());
        }
    }
}
