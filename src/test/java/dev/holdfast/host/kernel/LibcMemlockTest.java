package dev.holdfast.host.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.holdfast.testbed.fixtures.Sleeper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LibcMemlockTest {
    private static final long MIB = 1L << 20;
    private static final int CAP_SYS_RESOURCE = 24;

    private Sleeper child;

    @BeforeEach
    void startChild() throws IOException {
        child = new Sleeper();
    }

    @AfterEach
    void endChild() {
        child.close();
    }

    @Test
    void lowersTheLimitOfAnotherProcessAndReadsItBack() throws Exception {
        Libc.setMemlockLimit(child.pid(), new Rlimit(2 * MIB, 3 * MIB));

        assertThat(Libc.memlockLimit(child.pid())).isEqualTo(new Rlimit(2 * MIB, 3 * MIB));
        assertThat(limitsOf(child.pid())).containsPattern("Max locked memory +2097152 +3145728 +bytes");
    }

    @Test
    void readsItsOwnLimitAsTheKernelShowsIt() throws Exception {
        Rlimit own = Libc.memlockLimit();

        String soft = own.soft() == Rlimit.INFINITY ? "unlimited" : Long.toUnsignedString(own.soft());
        assertThat(limitsOf(Math.toIntExact(ProcessHandle.current().pid())))
                .containsPattern("Max locked memory +" + soft + " ");
    }

    /** Covers both cases: whether this process may raise a limit is read from the kernel. */
    @Test
    void raisesTheLimitOnlyWithTheCapability() throws Exception {
        Libc.setMemlockLimit(child.pid(), Rlimit.of(2 * MIB));

        if (mayRaise()) {
            Libc.setMemlockLimit(child.pid(), Rlimit.of(5 * MIB));

            assertThat(Libc.memlockLimit(child.pid())).isEqualTo(Rlimit.of(5 * MIB));
        } else {
            ErrnoException refused = catchThrowableOfType(
                    ErrnoException.class, () -> Libc.setMemlockLimit(child.pid(), Rlimit.of(5 * MIB)));

            assertThat(refused.errno()).isEqualTo(Errno.EPERM);
            assertThat(refused.call()).isEqualTo("prlimit");
            assertThat(refused).hasMessageContaining("5242880 bytes").hasMessageContaining("CAP_SYS_RESOURCE");
            assertThat(Libc.memlockLimit(child.pid())).isEqualTo(Rlimit.of(2 * MIB));
        }
    }

    @Test
    void reportsThatAProcessHasEnded() {
        int pid = child.pid();
        child.end();

        assertThatThrownBy(() -> Libc.memlockLimit(pid)).hasMessage("process " + pid + " has ended");
        assertThatThrownBy(() -> Libc.setMemlockLimit(pid, Rlimit.of(MIB)))
                .isInstanceOfSatisfying(
                        ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ESRCH));
    }

    @Test
    void refusesASoftLimitAboveTheHardOne() {
        assertThatThrownBy(() -> Libc.setMemlockLimit(child.pid(), new Rlimit(3 * MIB, 2 * MIB)))
                .hasMessageContaining("2097152 bytes")
                .hasMessageContaining("soft limit 3145728 bytes is above it");
    }

    private static boolean mayRaise() throws IOException {
        List<String> status = Files.readAllLines(Path.of("/proc/self/status"));
        String effective = status.stream()
                .filter(line -> line.startsWith("CapEff:"))
                .findFirst()
                .orElseThrow();
        long capabilities =
                Long.parseUnsignedLong(effective.substring("CapEff:".length()).strip(), 16);
        return (capabilities >>> CAP_SYS_RESOURCE & 1) == 1;
    }

    private static String limitsOf(int pid) throws IOException {
        return Files.readString(Path.of("/proc", Integer.toString(pid), "limits"));
    }
}
