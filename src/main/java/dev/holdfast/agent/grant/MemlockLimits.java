package dev.holdfast.agent.grant;

import dev.holdfast.host.kernel.ErrnoException;
import dev.holdfast.host.kernel.Libc;
import dev.holdfast.host.kernel.Rlimit;

/** RLIMIT_MEMLOCK of other processes. */
public interface MemlockLimits {
    Rlimit get(int pid) throws ErrnoException;

    void set(int pid, Rlimit limit) throws ErrnoException;

    /** Returns the limits of the kernel, by prlimit(2). */
    static MemlockLimits ofKernel() {
        return new MemlockLimits() {
            @Override
            public Rlimit get(int pid) throws ErrnoException {
                return Libc.memlockLimit(pid);
            }

            @Override
            public void set(int pid, Rlimit limit) throws ErrnoException {
                Libc.setMemlockLimit(pid, limit);
            }
        };
    }
}
