package dev.holdfast.agent.grant;

import dev.holdfast.host.kernel.Rlimit;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;

/** Kernel that permits any change of a limit, and can be made to fail. */
final class FakeLimits implements MemlockLimits {
    static final Rlimit INHERITED = Rlimit.of(8L << 20);

    final Map<Integer, Rlimit> limits = new ConcurrentHashMap<>();
    volatile UnaryOperator<Rlimit> kernel = UnaryOperator.identity();
    volatile Runnable afterwards = () -> {};

    @Override
    public Rlimit get(int pid) {
        return limits.getOrDefault(pid, INHERITED);
    }

    @Override
    public void set(int pid, Rlimit limit) {
        limits.put(pid, kernel.apply(limit));
        afterwards.run();
    }
}
