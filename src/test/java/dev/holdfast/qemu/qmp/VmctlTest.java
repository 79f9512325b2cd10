package dev.holdfast.qemu.qmp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Slow;
import dev.holdfast.qemu.shape.GuestPaths;
import dev.holdfast.testbed.qemu.FakeQmp;
import dev.holdfast.testbed.qemu.Vmctl;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The stop hook without a JVM, with a scripted QEMU. RealGuestTest runs it with a real one. */
@Slow
@SuppressWarnings("try") // The peer runs while it is open.
class VmctlTest {
    private static final String DONE = "{\"return\": {}}";
    private static final String RUNNING = "{\"return\": {\"running\": true, \"status\": \"running\"}}";
    private static final String POWERED_OFF =
            "{\"timestamp\": {\"seconds\": 1}, \"event\": \"SHUTDOWN\", \"data\": {\"guest\": true}}";
    private static final long MIB = 1 << 20;
    /** The segment that names the dynamic linker. */
    private static final int INTERPRETER = 3;

    @TempDir
    private static Path programs = Path.of("");

    private static Vmctl vmctl;

    @TempDir
    private Path folder = Path.of("");

    private Path socket = Path.of("");
    private final List<String> received = new CopyOnWriteArrayList<>();

    @BeforeAll
    static void compile() throws Exception {
        vmctl = Vmctl.compiledIn(programs);
    }

    @BeforeEach
    void placeSocket() {
        socket = folder.resolve("qmp.sock");
    }

    @Test
    void isSmallAndRequiresNoLibrary() throws Exception {
        assertThat(vmctl.program())
                .satisfies(file -> assertThat(Files.size(file)).isLessThan(MIB));
        assertThat(programHeaders(vmctl.program())).isNotEmpty().doesNotContain(INTERPRETER);
    }

    /** Returns the types of the segments of a 64-bit ELF file (elf(5)). */
    private static List<Integer> programHeaders(Path file) throws IOException {
        ByteBuffer elf = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        int first = Math.toIntExact(elf.getLong(32));
        int size = elf.getShort(54);
        return IntStream.range(0, elf.getShort(56))
                .mapToObj(header -> elf.getInt(first + header * size))
                .toList();
    }

    /** The end of QEMU, the container's first process, would kill the hook, and the kubelet would report a failure. */
    @Test
    void configuresQemuToRemainBeforeItPressesTheButton() throws Exception {
        Vmctl.Run run = shutdown("30", (in, out) -> {
            greet(in, out);
            answer(in, out, DONE);
            answer(in, out, RUNNING);
            answer(in, out, DONE);
            out.println(POWERED_OFF);
            in.readLine();
        });

        assertThat(run.status()).as(run.output()).isZero();
        assertThat(run.output()).endsWith("the guest has powered off\n");
        assertThat(received)
                .startsWith(
                        "{\"execute\":\"qmp_capabilities\"}",
                        "{\"execute\":\"set-action\",\"arguments\":{\"shutdown\":\"pause\"}}",
                        "{\"execute\":\"query-status\"}",
                        "{\"execute\":\"system_powerdown\"}");
    }

    @Test
    @Execution(ExecutionMode.CONCURRENT)
    void pressesAgainWhenTheGuestDidNotReact() throws Exception {
        Vmctl.Run run = shutdown("60", (in, out) -> {
            greet(in, out);
            answer(in, out, DONE);
            for (int press = 0; press < 2; press++) {
                answer(in, out, RUNNING);
                answer(in, out, DONE);
                out.println("{\"event\": \"POWERDOWN\"}");
            }
            out.println(POWERED_OFF);
            in.readLine();
        });

        assertThat(run.status()).as(run.output()).isZero();
        assertThat(received.stream().filter(line -> line.contains("system_powerdown")))
                .hasSize(2);
    }

    @Test
    void reconnectsAndDetectsThatTheGuestPoweredOffMeanwhile() throws Exception {
        Vmctl.Run run = shutdown(
                "30",
                (in, out) -> {
                    greet(in, out);
                    answer(in, out, DONE);
                    answer(in, out, RUNNING);
                    answer(in, out, DONE);
                },
                (in, out) -> {
                    greet(in, out);
                    answer(in, out, DONE);
                    answer(in, out, "{\"return\": {\"status\": \"shutdown\", \"running\": false}}");
                    in.readLine();
                });

        assertThat(run.status()).as(run.output()).isZero();
        assertThat(run.output()).endsWith("the guest has powered off\n");
        assertThat(received.stream().filter(line -> line.contains("system_powerdown")))
                .hasSize(1);
    }

    @Test
    void succeedsWhenQemuIsNotRunning() throws Exception {
        Vmctl.Run run = vmctl.run("shutdown", "--timeout", "30", "--socket", socket.toString());

        assertThat(run.status()).isZero();
        assertThat(run.output()).isEqualTo("holdfast-vmctl: QEMU is not running\n");
    }

    @Test
    void succeedsWhenQemuEndsByItself() throws Exception {
        Vmctl.Run run = shutdown("30", (in, out) -> greet(in, out));

        assertThat(run.status()).isZero();
        assertThat(run.output()).endsWith("QEMU has ended\n");
    }

    /** Texts of a guest in the data of an event are not its end. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"event\": \"GUEST\", \"data\": {\"event\": \"SHUTDOWN\"}}",
                "{\"data\": {\"event\": \"SHUTDOWN\"}, \"event\": \"GUEST\"}",
                "{\"data\": \"\\\"}, \\\"event\\\": \\\"SHUTDOWN\\\"\", \"event\": \"GUEST\"}",
                "{\"event\": \"SHUTDOWN_NOT\"}",
                "{\"data\": [[{\"event\": \"SHUTDOWN\"}]], \"event\": \"GUEST\"}"
            })
    @Execution(ExecutionMode.CONCURRENT)
    void isNotMisledByWhatLooksLikeTheEnd(String message) throws Exception {
        Vmctl.Run run = shutdown("5", (in, out) -> {
            greet(in, out);
            answer(in, out, DONE);
            answer(in, out, RUNNING);
            answer(in, out, DONE);
            out.println(message);
            in.readLine();
        });

        assertThat(run.status()).isZero();
        assertThat(run.output()).endsWith("the guest did not power off in time; SIGTERM will end QEMU\n");
        assertThat(run.time()).isGreaterThanOrEqualTo(Duration.ofSeconds(5));
    }

    @Test
    void usesTheDefaultPathOfTheControlSocket() throws Exception {
        assertThat(Files.readString(Path.of("src/main/vmctl/vmctl.c")))
                .contains("#define DEFAULT_SOCKET \"" + GuestPaths.QMP_SOCKET + "\"");
    }

    static Stream<FakeQmp.Session> hostilePeers() {
        return Stream.of(
                (in, out) -> out.println("hello\u001b[2J"),
                (in, out) -> out.println("x".repeat(100_000)),
                (in, out) -> out.println("{".repeat(60_000)),
                (in, out) -> out.println("{\"QMP"),
                (in, out) -> out.println("{\"QMP\": \"\\"),
                (in, out) -> in.readLine(),
                (in, out) -> {
                    while (!out.checkError()) {
                        out.println("{\"event\": \"NOISE\"}");
                    }
                },
                (in, out) -> {
                    greet(in, out, new CopyOnWriteArrayList<>());
                    while (!out.checkError()) {
                        out.print("x");
                    }
                });
    }

    @ParameterizedTest
    @MethodSource("hostilePeers")
    @Execution(ExecutionMode.CONCURRENT)
    void reportsInTimeThatTheButtonCouldNotBePressed(FakeQmp.Session hostile) throws Exception {
        FakeQmp.Session[] again = Stream.generate(() -> hostile).limit(100).toArray(FakeQmp.Session[]::new);

        Vmctl.Run run = shutdown("1", again);

        assertThat(run.status()).isEqualTo(1);
        assertThat(run.output())
                .contains("the power button could not be pressed within 1 s")
                .matches("[ -~\n]*");
        assertThat(run.output().length()).isLessThan(10_000);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "start",
                "shutdown --timeout",
                "shutdown --timeout 0",
                "shutdown --timeout 5s",
                "shutdown --timeout 99999999999999999999",
                "shutdown --socket",
                "shutdown --socket=/x",
                "shutdown extra"
            })
    void refusesUnknownArguments(String line) throws Exception {
        Vmctl.Run run = vmctl.run(line.isEmpty() ? new String[0] : line.split(" "));

        assertThat(run.status()).isEqualTo(2);
        assertThat(run.output()).contains("usage: holdfast-vmctl shutdown [--timeout SECONDS] [--socket PATH]");
    }

    @Test
    void refusesAnInvalidSocketPath() throws Exception {
        assertThat(vmctl.run("shutdown", "--socket", "/" + "x".repeat(107)).status())
                .isEqualTo(2);
        assertThat(vmctl.run("shutdown", "--socket", "/" + "x".repeat(106)).status())
                .isZero();
    }

    private Vmctl.Run shutdown(String seconds, FakeQmp.Session... sessions) throws Exception {
        try (FakeQmp peer = new FakeQmp(socket, sessions)) {
            return vmctl.run("shutdown", "--timeout", seconds, "--socket", socket.toString());
        }
    }

    private void greet(BufferedReader in, PrintWriter out) throws IOException {
        greet(in, out, received);
    }

    private static void greet(BufferedReader in, PrintWriter out, List<String> received) throws IOException {
        out.println(FakeQmp.GREETING);
        received.add(String.valueOf(in.readLine()));
        out.println(DONE);
    }

    private void answer(BufferedReader in, PrintWriter out, String answer) throws IOException {
        received.add(String.valueOf(in.readLine()));
        out.println(answer);
    }
}
