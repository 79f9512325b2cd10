package dev.holdfast.host.kernel;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All C library calls that the JDK does not offer. No other class of Holdfast calls native code.
 *
 * <p>Bound to the process itself rather than to a file name: libc is loaded already, so no library search path is used.
 * Constants are those of Linux on x86_64 and aarch64. {@code syscall} is called with a number where the wrapper is newer
 * than the oldest supported glibc; on both architectures its variable arguments are passed in registers like fixed ones.
 */
public final class Libc {
    private static final int RLIMIT_MEMLOCK = 8;
    private static final int SIG_SETMASK = 2;
    private static final int F_SETFD = 2;
    private static final int FD_CLOEXEC = 1;
    private static final int SYS_CLOSE_RANGE = 436;
    private static final int SYS_OPENAT2 = 437;
    private static final long CLOSE_RANGE_CLOEXEC = 4;
    private static final int FIRST_OWN_DESCRIPTOR = 3;
    /** sigset_t of glibc and musl: 1024 bits. */
    private static final int SIGSET_LONGS = 16;

    static {
        Native.register(Libc.class, NativeLibrary.getProcess());
    }

    private Libc() {}

    /**
     * Returns RLIMIT_MEMLOCK of this process.
     *
     * @throws ErrnoException never on Linux 2.6.36 and later, in practice
     */
    public static Rlimit memlockLimit() throws ErrnoException {
        return memlockLimit(0);
    }

    /**
     * Returns RLIMIT_MEMLOCK of another process.
     *
     * @param pid in this process's pid namespace; 0 for this process
     * @throws ErrnoException ESRCH when it has ended, EPERM for another user's process without CAP_SYS_RESOURCE
     */
    public static Rlimit memlockLimit(int pid) throws ErrnoException {
        long[] old = new long[2];
        if (prlimit(pid, RLIMIT_MEMLOCK, null, old) != 0) {
            int errno = Native.getLastError();
            throw new ErrnoException("prlimit", errno, ErrnoMessages.readLimit(pid, errno));
        }
        return new Rlimit(old[0], old[1]);
    }

    /**
     * Sets RLIMIT_MEMLOCK by prlimit(2).
     *
     * @param pid in this process's pid namespace; 0 for this process
     * @throws ErrnoException ESRCH when the process has ended, EPERM when raising without CAP_SYS_RESOURCE
     */
    public static void setMemlockLimit(int pid, Rlimit limit) throws ErrnoException {
        if (prlimit(pid, RLIMIT_MEMLOCK, new long[] {limit.soft(), limit.hard()}, null) != 0) {
            int errno = Native.getLastError();
            throw new ErrnoException("prlimit", errno, ErrnoMessages.setLimit(pid, limit, errno));
        }
    }

    /**
     * Replaces this process with another program: same pid, same limits, nothing of the JVM remains. Returns only by
     * throwing; the calling thread's signal mask is then empty, no signal is ignored and descriptors from 3 on are
     * close-on-exec.
     *
     * <p>Java threads block signals (SIGQUIT), and signals that the parent process ignored stay ignored across exec; the
     * program expects neither. The kernel resets signals that the JVM catches to their default.
     *
     * @param path        the program; PATH is not searched
     * @param argv        its arguments, starting with its name
     * @param environment {@code NAME=value} each
     * @param inherited   descriptors that stay open for the program
     * @throws ErrnoException ENOENT, EACCES, E2BIG and the other errors that execve(2) lists
     */
    public static void execve(String path, List<String> argv, List<String> environment, List<Integer> inherited)
            throws ErrnoException {
        // Everything that needs the heap or a file comes first; from here on no step can be undone.
        long ignored = ignoredSignals();
        Memory arguments = block(argv);
        Memory variables = block(environment);
        markCloseOnExec();
        for (int descriptor : inherited) {
            inherit(descriptor);
        }
        restoreDefaults(ignored);
        if (sigprocmask(SIG_SETMASK, new long[SIGSET_LONGS], null) != 0) {
            int errno = Native.getLastError();
            throw new ErrnoException("sigprocmask", errno, "the signal mask cannot be emptied: " + Errno.text(errno));
        }
        execve(zeroEnded(path), arguments, variables);
        int errno = Native.getLastError();
        throw new ErrnoException("execve", errno, ErrnoMessages.execute(path, errno));
    }

    private static long ignoredSignals() {
        try (var lines = Files.lines(Path.of("/proc/self/status"))) {
            return lines.filter(line -> line.startsWith("SigIgn:"))
                    .mapToLong(line -> Long.parseUnsignedLong(
                            line.substring(line.indexOf(':') + 1).strip(), 16))
                    .findFirst()
                    .orElse(0);
        } catch (IOException e) {
            // Without /proc the new program keeps the ignored signals of its parent, as any other program would.
            return 0;
        }
    }

    /** Resets only the ignored signals: the JVM needs its SIGSEGV handler until exec. */
    private static void restoreDefaults(long ignored) {
        for (int number = 1; number <= Long.SIZE; number++) {
            if ((ignored >>> (number - 1) & 1) != 0) {
                signal(number, Pointer.NULL);
            }
        }
    }

    private static void markCloseOnExec() {
        if (syscall(SYS_CLOSE_RANGE, FIRST_OWN_DESCRIPTOR, 0xFFFF_FFFFL, CLOSE_RANGE_CLOEXEC) != 0) {
            // Linux before 5.11, or a seccomp profile that does not allow it.
            markEachCloseOnExec();
        }
    }

    private static void inherit(int descriptor) throws ErrnoException {
        if (fcntl(descriptor, F_SETFD, 0) != 0) {
            int errno = Native.getLastError();
            throw new ErrnoException(
                    "fcntl", errno, "descriptor %d cannot be passed on: %s".formatted(descriptor, Errno.text(errno)));
        }
    }

    static void markEachCloseOnExec() {
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path entry : descriptors) {
                int descriptor = Integer.parseInt(entry.getFileName().toString());
                if (descriptor >= FIRST_OWN_DESCRIPTOR) {
                    fcntl(descriptor, F_SETFD, FD_CLOEXEC);
                }
            }
        } catch (IOException e) {
            // The JDK opens every file close-on-exec; this is only a safeguard.
        }
    }

    /**
     * Returns a vector of C strings followed by the strings, in one block. It is never freed, as the program is replaced.
     */
    private static Memory block(List<String> strings) {
        long pointers = (strings.size() + 1L) * Native.POINTER_SIZE;
        List<byte[]> encoded = strings.stream().map(Libc::zeroEnded).toList();
        Memory memory = new Memory(
                pointers + encoded.stream().mapToLong(bytes -> bytes.length).sum());
        memory.clear();
        long offset = pointers;
        for (int i = 0; i < encoded.size(); i++) {
            byte[] bytes = encoded.get(i);
            memory.write(offset, bytes, 0, bytes.length);
            memory.setPointer((long) i * Native.POINTER_SIZE, memory.share(offset));
            offset += bytes.length;
        }
        return memory;
    }

    private static byte[] zeroEnded(String string) {
        if (string.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("found a zero byte in \"" + string.replace('\0', '?')
                    + "\", but C strings end at a zero byte; remove it");
        }
        byte[] bytes = string.getBytes(StandardCharsets.UTF_8);
        return Arrays.copyOf(bytes, bytes.length + 1);
    }

    /** Returns errno of the last call on this thread; must be called directly after it. */
    static int errno() {
        return Native.getLastError();
    }

    private static native int prlimit(int pid, int resource, long @Nullable [] limit, long @Nullable [] old);

    private static native int sigprocmask(int how, long[] set, long @Nullable [] old);

    static native Pointer signal(int number, Pointer handler);

    static native int fcntl(int descriptor, int command, int argument);

    static native long syscall(long number, long first, long second, long third);

    /**
     * Calls openat2(2), which no C library wraps; since Linux 5.6. {@code how} is {@code struct open_how}, three numbers.
     */
    static int openat2(int folder, String path, long[] how) {
        return (int) syscall(SYS_OPENAT2, folder, zeroEnded(path), how, (long) how.length * Long.BYTES);
    }

    private static native long syscall(long number, long first, byte[] second, long[] third, long fourth);

    private static native int execve(byte[] path, Pointer argv, Pointer environment);

    // The following calls are for the wrappers of this package, which define the constants.

    static native int socket(int domain, int type, int protocol);

    static native int bind(int descriptor, byte[] address, int length);

    static native int listen(int descriptor, int backlog);

    /** Accepts a connection without its address: that of a unix socket's client is not used. */
    static int accept4(int descriptor, int flags) {
        return accept4(descriptor, Pointer.NULL, Pointer.NULL, flags);
    }

    private static native int accept4(int descriptor, Pointer address, Pointer length, int flags);

    static native int getsockopt(int descriptor, int level, int option, int[] value, int[] length);

    static native long recv(int descriptor, byte[] buffer, long length, int flags);

    static native long send(int descriptor, byte[] buffer, long length, int flags);

    static native int poll(int[] descriptors, long count, int timeoutMillis);

    static native long recvfrom(
            int descriptor, byte[] buffer, long length, int flags, byte[] address, int[] addressLength);

    static native int setsockopt(int descriptor, int level, int option, int[] value, int length);

    static native int eventfd(int initial, int flags);

    static native long read(int descriptor, long[] value, long count);

    static native long write(int descriptor, long[] value, long count);

    static native int shutdown(int descriptor, int how);

    static native int close(int descriptor);
}
