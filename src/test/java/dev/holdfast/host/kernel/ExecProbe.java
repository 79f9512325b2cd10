package dev.holdfast.host.kernel;

import com.sun.jna.Pointer;
import java.io.IOException;
import java.util.List;

/** Changes what a program inherits, then executes the program given as arguments. */
final class ExecProbe {
    static final String VARIABLE = "HOLDFAST_PROBE=kept";
    private static final int SIGPIPE = 13;
    private static final int SIG_IGN = 1;

    private ExecProbe() {}

    public static void main(String[] program) throws IOException {
        Libc.setMemlockLimit(0, Rlimit.of(LibcExecveTest.LIMIT_BYTES));
        // Without SOCK_CLOEXEC: such a descriptor survives exec unless it is marked.
        Libc.socket(UnixServerSocket.AF_UNIX, UnixServerSocket.SOCK_STREAM, 0);
        Libc.signal(SIGPIPE, Pointer.createConstant(SIG_IGN));
        Libc.execve(program[0], List.of(program), List.of(VARIABLE), List.of());
    }
}
