package dev.holdfast.host.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.testbed.fixtures.ChildJvm;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The probes are programs that do not reset anything: a shell would hide a blocked signal. */
class LibcExecveTest {
    static final long LIMIT_BYTES = 3L << 20;
    private static final String NO_SIGNALS = "0000000000000000";
    /**
     * Signals 32 and 33 are internal to glibc: its posix_spawn, which started the JVM, leaves them ignored in every child.
     */
    private static final long SPAWNED = 0x1_8000_0000L;

    @Test
    void leavesNothingOfTheJvmButPidAndLimits() throws Exception {
        // Given a JVM that has lowered its limit, ignores SIGPIPE and, as every Java thread, blocks SIGQUIT
        Process child = ChildJvm.start(ExecProbe.class, "/bin/cat", "/proc/self/status", "/proc/self/limits");

        // When it executes a program that prints what it has inherited
        String seen = ChildJvm.output(child);

        // Then
        assertThat(child.waitFor()).as(seen).isZero();
        assertThat(field(seen, "Name")).isEqualTo("cat");
        assertThat(field(seen, "Pid")).isEqualTo(Long.toString(child.pid()));
        assertThat(field(seen, "Threads")).isEqualTo("1");
        assertThat(field(seen, "SigBlk")).isEqualTo(NO_SIGNALS);
        assertThat(Long.parseUnsignedLong(field(seen, "SigIgn"), 16) & ~SPAWNED).isZero();
        assertThat(seen).containsPattern("Max locked memory +" + LIMIT_BYTES + " +" + LIMIT_BYTES + " +bytes");
    }

    @Test
    void leavesNoDescriptorOpenBeyondTheStandardOnes() throws Exception {
        Process child = ChildJvm.start(ExecProbe.class, "/bin/ls", "/proc/self/fd");

        String seen = ChildJvm.output(child);

        // 3 is the directory that ls itself reads.
        assertThat(child.waitFor()).as(seen).isZero();
        assertThat(seen.lines()).containsExactly("0", "1", "2", "3");
    }

    @Test
    void passesExactlyTheGivenEnvironment() throws Exception {
        Process child = ChildJvm.start(ExecProbe.class, "/usr/bin/env");

        String seen = ChildJvm.output(child);

        assertThat(seen.lines()).containsExactly(ExecProbe.VARIABLE);
    }

    @Test
    void reportsAMissingProgram() throws Exception {
        Process child = ChildJvm.start(ExecProbe.class, "/no/such/program");

        String seen = ChildJvm.output(child);

        assertThat(seen)
                .contains("the program /no/such/program cannot be started: no such file or directory; check the path");
    }

    @Test
    void refusesAStringWithAZeroByte() {
        assertThatThrownBy(() -> Libc.execve("/bin/true", List.of("true", "a\0b"), List.of(), List.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("zero byte")
                .hasMessageContaining("a?b");
    }

    @Test
    void marksEachDescriptorWhereTheKernelCannotMarkARange() {
        int descriptor = Libc.socket(UnixServerSocket.AF_UNIX, UnixServerSocket.SOCK_STREAM, 0);
        int getFlags = 1;
        assertThat(Libc.fcntl(descriptor, getFlags, 0)).isZero();

        Libc.markEachCloseOnExec();

        assertThat(Libc.fcntl(descriptor, getFlags, 0)).isEqualTo(1);
        Libc.close(descriptor);
    }

    private static String field(String status, String name) {
        return status.lines()
                .filter(line -> line.startsWith(name + ":"))
                .map(line -> line.substring(name.length() + 1).strip())
                .findFirst()
                .orElseThrow();
    }
}
