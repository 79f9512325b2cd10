package dev.holdfast.qemu.dryrun;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Slow;
import dev.holdfast.memlock.MemlockInput.Video;
import dev.holdfast.qemu.argv.NodeFacts.Accelerator;
import dev.holdfast.qemu.dryrun.DryRun.Outcome;
import dev.holdfast.qemu.shape.QemuShape;
import dev.holdfast.testbed.fixtures.Shapes;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A script in place of QEMU, and the test at its control socket: whatever they do, the dry-run ends in time and nothing
 * remains.
 */
@Slow
@Timeout(120)
class DryRunTest {
    private static final Duration SHORT = Duration.ofMillis(800);
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final String GREETING = "{\"QMP\": {\"version\": {}, \"capabilities\": []}}";
    private static final String SLEEP = "exec sleep 600";

    @TempDir
    private Path folder = Path.of("");

    /** Messages of the peer once it is connected. */
    private interface Dialogue {
        void talk(BufferedReader in, PrintWriter out) throws IOException;
    }

    @Test
    void sumsTheOutputOfQemu() throws Exception {
        Dialogue qemu = (in, out) -> {
            out.println(GREETING);
            answer(in, out, "{}");
            assertThat(answer(in, out, json(Captured.text("vga.mtree")))).contains("\"info mtree -f\"");
            out.println("{\"event\": \"RESUME\"}");
            assertThat(answer(in, out, json(Captured.text("vga.ramblock")))).contains("\"info ramblock\"");
            assertThat(answer(in, out, "[]")).contains("\"query-memory-devices\"");
        };

        assertThat(run(SLEEP, qemu, shape(Video.VGA, 1), LONG))
                .isInstanceOfSatisfying(
                        Outcome.Measured.class,
                        measured -> assertThat(measured.bytes()).isEqualTo((128L << 20) + 16973824));
    }

    @Test
    void endsWithAQemuThatHangs() throws Exception {
        assertThat(failure(SLEEP, SHORT)).matches("QEMU did not connect within \\d+ ms");
    }

    @Test
    void endsWithAQemuThatDiesAndReportsItsLastOutput() throws Exception {
        assertThat(failure("echo first >&2; echo 'qemu: no such machine' >&2; exit 3", LONG))
                .isEqualTo("QEMU ended with status 3; its last output: qemu: no such machine");
    }

    @Test
    void reportsThatItCannotBeStarted() throws Exception {
        Path program = Files.writeString(folder.resolve("qemu"), "no program");

        Outcome outcome =
                new DryRun(folder).measure(program, List.of(), shape(Video.NONE, 1), Accelerator.TCG, null, SHORT);

        assertThat(outcome)
                .isInstanceOfSatisfying(
                        Outcome.Failed.class,
                        failed -> assertThat(failed.message()).contains(program.toString()));
        assertNothingIsLeft();
    }

    @Test
    void reportsAMissingFolderForTheSocket() {
        Outcome outcome = new DryRun(folder.resolve("missing"))
                .measure(folder.resolve("qemu"), List.of(), shape(Video.NONE, 1), Accelerator.TCG, null, SHORT);

        assertThat(outcome)
                .isInstanceOfSatisfying(
                        Outcome.Failed.class,
                        failed -> assertThat(failed.message()).contains("missing"));
    }

    @Test
    void endsWithAShapeThatHasNoCommandLine() {
        Outcome outcome = new DryRun(folder)
                .measure(folder.resolve("qemu"), List.of(), shape(Video.QXL, 1), Accelerator.TCG, null, SHORT);

        assertThat(outcome)
                .isInstanceOfSatisfying(
                        Outcome.Failed.class,
                        failed -> assertThat(failed.message()).contains("unknown display QXL"));
        assertNothingIsLeft();
    }

    /** Its console is not read, and its error output fills neither a pipe nor the heap. */
    @Test
    void survivesOutputWithoutEnd() throws Exception {
        assertThat(failure("while :; do echo noise; echo noise >&2; done", SHORT))
                .startsWith("QEMU did not connect within")
                .hasSizeLessThan(300);
    }

    @Test
    void killsWhatQemuHasStarted() throws Exception {
        Path child = folder.resolve("child");

        assertThat(failure("sleep 600 & echo $! > " + child + "; wait", Duration.ofSeconds(2)))
                .startsWith("QEMU did not connect");

        long pid = Long.parseLong(Files.readString(child).strip());
        Awaitility.await()
                .until(() ->
                        ProcessHandle.of(pid).map(handle -> !handle.isAlive()).orElse(true));
    }

    @Test
    void refusesWhatIsNotQmp() throws Exception {
        assertThat(failure((in, out) -> out.println("hello"), LONG))
                .contains("sent \"hello\", which is not a QMP message");
        assertThat(failure((in, out) -> out.println("[[[[[[[[".repeat(1000)), LONG))
                .contains("which is not a QMP message");
        assertThat(failure((in, out) -> out.println("{}"), LONG)).contains("which is not a QMP message");
    }

    @Test
    void refusesALineWithoutEnd() throws Exception {
        Dialogue endless = (in, out) -> {
            out.print("{\"QMP\": \"");
            write(out, "x".repeat(1 << 16));
        };

        assertThat(failure(endless, LONG)).contains("sent a line of more than 4194304 bytes");
    }

    @Test
    void refusesEventsWithoutEnd() throws Exception {
        assertThat(failure(
                        (in, out) -> {
                            out.println(GREETING);
                            write(out, "{\"event\": \"NOISE\"}\n".repeat(1000));
                        },
                        LONG))
                .contains("sent more than 10000 events");
    }

    @Test
    void endsInTimeWithAPeerThatNeverStopsSending() throws Exception {
        assertThat(failure(
                        (in, out) -> {
                            out.println(GREETING);
                            write(out, "{\"return\": {}, \"id\": 99}\n".repeat(1000));
                        },
                        SHORT))
                .contains("sent messages, but no answer in time");
    }

    @Test
    void endsInTimeWithASilentPeer() throws Exception {
        assertThat(failure((in, out) -> in.readLine(), SHORT)).contains("did not respond within");
    }

    @Test
    void refusesAnInvalidAnswer() throws Exception {
        assertThat(failure(
                        (in, out) -> {
                            out.println(GREETING);
                            answer(in, out, "{}");
                            answer(in, out, json("unknown command: 'info mtree -f'\r\n"));
                        },
                        LONG))
                .isEqualTo(
                        "info mtree -f shows 0 ranges of the address space \"memory\", but must show 1 to 10000; this QEMU is not supported");
        assertThat(failure(
                        (in, out) -> {
                            out.println(GREETING);
                            answer(in, out, "{}");
                            in.readLine();
                            out.println("{\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"no monitor\"}}");
                        },
                        LONG))
                .isEqualTo("QEMU refused human-monitor-command: no monitor");
    }

    private static QemuShape shape(Video video, int devices) {
        return Shapes.of(
                128L << 20,
                null,
                video,
                null,
                Stream.iterate(0, i -> i + 1).limit(devices).map(i -> "gpu" + i).toList());
    }

    private static String answer(BufferedReader in, PrintWriter out, String value) throws IOException {
        String asked = String.valueOf(in.readLine());
        out.println("{\"return\": " + value + "}");
        return asked;
    }

    private static String json(String text) {
        return "\""
                + text.replace("\\", "\\\\")
                        .replace("\"", "\\\"")
                        .replace("\r", "\\r")
                        .replace("\n", "\\n") + "\"";
    }

    private static void write(PrintWriter out, String text) {
        while (!out.checkError()) {
            out.print(text);
        }
    }

    private String failure(Dialogue peer, Duration limit) throws Exception {
        return message(run(SLEEP, peer, shape(Video.NONE, 1), limit));
    }

    private String failure(String script, Duration limit) throws Exception {
        return message(measure(script, shape(Video.NONE, 1), limit));
    }

    private static String message(Outcome outcome) {
        assertThat(outcome).isInstanceOf(Outcome.Failed.class);
        String message = ((Outcome.Failed) outcome).message();
        assertThat(message).doesNotContain("\n");
        return message;
    }

    private Outcome run(String script, Dialogue peer, QemuShape shape, Duration limit) throws Exception {
        Thread connected = Thread.ofPlatform().daemon().start(() -> {
            Path socket =
                    Awaitility.await().until(this::socket, Optional::isPresent).orElseThrow();
            try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
                    BufferedReader in = new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8));
                    PrintWriter out = new PrintWriter(Channels.newWriter(channel, StandardCharsets.UTF_8), true)) {
                peer.talk(in, out);
                in.readLine();
            } catch (IOException e) {
                // The dry-run has ended and has closed the connection.
            }
        });
        Outcome outcome = measure(script, shape, limit);
        connected.join();
        return outcome;
    }

    private Outcome measure(String script, QemuShape shape, Duration limit) throws IOException {
        Path pid = folder.resolve("pid");
        Path program = Files.writeString(folder.resolve("qemu"), "#!/bin/sh\necho $$ > " + pid + "\n" + script + "\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));

        long start = System.nanoTime();
        Outcome outcome =
                new DryRun(folder).measure(program, List.of("PATH=/usr/bin:/bin"), shape, Accelerator.TCG, null, limit);

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(limit.plusSeconds(5));
        assertNothingIsLeft();
        if (Files.exists(pid) && !Files.readString(pid).isBlank()) {
            long process = Long.parseLong(Files.readString(pid).strip());
            assertThat(ProcessHandle.of(process)).as("process %d", process).isEmpty();
        }
        return outcome;
    }

    private void assertNothingIsLeft() {
        assertThat(folder).isDirectoryNotContaining("glob:**/dry-run-*");
    }

    private Optional<Path> socket() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.resolve("qmp.sock"))
                    .filter(Files::exists)
                    .findFirst();
        }
    }
}
