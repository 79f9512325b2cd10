package dev.holdfast.qemu.qmp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Slow;
import dev.holdfast.memlock.MemlockInput.Video;
import dev.holdfast.qemu.argv.NodeFacts;
import dev.holdfast.qemu.argv.NodeFacts.Accelerator;
import dev.holdfast.qemu.argv.QemuArgv;
import dev.holdfast.qemu.qmp.Shutdown.Outcome;
import dev.holdfast.testbed.fixtures.Shapes;
import dev.holdfast.testbed.qemu.FakeQmp;
import dev.holdfast.testbed.qemu.RealQemu;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Slow
@SuppressWarnings("try") // The peer runs while it is open.
class ShutdownTest {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final Duration PRESS_EVERY = Duration.ofMillis(50);

    private final List<String> messages = new ArrayList<>();

    @TempDir
    private Path folder = Path.of("");

    private Path socket = Path.of("");

    @BeforeEach
    void placeSocket() {
        socket = folder.resolve("qmp.sock");
    }

    @Test
    void endsQemuWhoseGuestIgnoresTheButton() throws Exception {
        NodeFacts emulated = new NodeFacts(Accelerator.TCG, Map.of());
        try (RealQemu qemu = new RealQemu(folder, QemuArgv.of(Shapes.plain(Video.NONE, null), emulated))) {
            Outcome outcome = shutdown(qemu.socket(), Duration.ofMillis(500)).run(Duration.ofSeconds(2));

            assertThat(outcome).isEqualTo(Outcome.QUIT);
            assertThat(qemu.endsInTime()).isTrue();
            assertThat(messages).filteredOn(line -> line.startsWith("pressing")).hasSizeGreaterThan(1);
            assertThat(messages).contains("the guest did not power off in time; ending QEMU", "QEMU has quit");
        }
    }

    @Test
    void pressesAgainUntilTheGuestReacts() throws Exception {
        try (FakeQmp server = new FakeQmp(socket, FakeQmp.greeted((in, out) -> {
            press(in, out);
            press(in, out);
            press(in, out);
            out.println("{\"event\": \"SHUTDOWN\", \"data\": {\"guest\": true}}");
        }))) {
            assertThat(shutdown(socket, PRESS_EVERY).run(LONG)).isEqualTo(Outcome.POWERED_OFF);
        }
        // The script has received three; a slow machine may press once more before it receives the shutdown event.
        assertThat(messages).filteredOn(line -> line.startsWith("pressing")).hasSizeGreaterThanOrEqualTo(3);
        assertThat(messages).endsWith("the guest has powered off; waiting for QEMU to end", "QEMU has ended");
    }

    @Test
    void continuesWhenTheConnectionBreaksButQemuRuns() throws Exception {
        try (FakeQmp server =
                new FakeQmp(socket, FakeQmp.greeted(ShutdownTest::press), FakeQmp.greeted(ShutdownTest::press))) {
            assertThat(shutdown(socket, PRESS_EVERY).run(LONG)).isEqualTo(Outcome.POWERED_OFF);
        }
        assertThat(messages).filteredOn(line -> line.startsWith("pressing")).hasSizeGreaterThanOrEqualTo(2);
    }

    @Test
    void reportsThatQemuIsNotRunning() {
        assertThat(shutdown(socket, PRESS_EVERY).run(LONG)).isEqualTo(Outcome.NOT_RUNNING);
        assertThat(messages).singleElement().asString().startsWith("QEMU is not running");
    }

    @Test
    void failsWithAPeerThatIsNotQemu() throws Exception {
        FakeQmp.Session garbage = (in, out) -> out.println("hello");
        FakeQmp.Session[] sessions =
                java.util.stream.Stream.generate(() -> garbage).limit(100).toArray(FakeQmp.Session[]::new);
        try (FakeQmp server = new FakeQmp(socket, sessions)) {
            assertThat(shutdown(socket, PRESS_EVERY).run(Duration.ofMillis(300)))
                    .isEqualTo(Outcome.STUCK);
        }
        assertThat(messages).anyMatch(line -> line.contains("which is not a QMP message"));
    }

    private Shutdown shutdown(Path path, Duration pressEvery) {
        return new Shutdown(path, pressEvery, InstantSource.system(), messages::add);
    }

    /** Receives one press of the button. */
    private static void press(BufferedReader in, PrintWriter out) throws IOException {
        String id = String.valueOf(in.readLine()).replaceAll(".*\"id\":(\\d+).*", "$1");
        out.println("{\"return\": {}, \"id\": " + id + "}");
        out.println("{\"event\": \"POWERDOWN\"}");
    }
}
