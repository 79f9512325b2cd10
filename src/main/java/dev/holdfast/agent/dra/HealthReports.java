package dev.holdfast.agent.dra;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Health of all devices for claims, sent to each watcher at once and after every change. Thread-safe.
 *
 * <p>The kubelet takes a health for unknown when it has not heard of it for long. So the health is sent again after
 * rounds that changed nothing: an agent that no longer observes its devices is noticed.
 */
final class HealthReports {
    /** Time for which the kubelet trusts a health: three times the longest pause between two rounds. */
    static final Duration VALID = Duration.ofMinutes(30);

    private static final Duration SEND_AGAIN = Duration.ofMinutes(5);

    private final Clock clock;
    private final Map<StreamObserver<?>, Runnable> watchers = new LinkedHashMap<>();
    private List<DeviceHealth> devices = List.of();
    private Instant observed = Instant.EPOCH;
    private Instant sent = Instant.EPOCH;

    HealthReports(Clock clock) {
        this.clock = clock;
    }

    /** Replaces the health of all devices. */
    synchronized void report(List<DeviceHealth> now) {
        boolean changed = !now.equals(devices);
        devices = List.copyOf(now);
        observed = clock.instant();
        if (changed || !observed.isBefore(sent.plus(SEND_AGAIN))) {
            sent = observed;
            watchers.values().forEach(Runnable::run);
        }
    }

    /**
     * Adds a watcher until the kubelet disconnects.
     *
     * @param message converts the health of all devices, and the time when it was observed
     */
    synchronized <T> void watch(StreamObserver<T> answer, Function<List<DeviceHealth>, T> message) {
        ((ServerCallStreamObserver<T>) answer).setOnCancelHandler(() -> forget(answer));
        Runnable send = () -> answer.onNext(message.apply(devices));
        watchers.put(answer, send);
        if (observed.isAfter(Instant.EPOCH)) {
            send.run();
        }
    }

    /** Returns the time when the devices were last observed, in seconds since 1970. */
    synchronized long observedSeconds() {
        return observed.getEpochSecond();
    }

    private synchronized void forget(StreamObserver<?> watcher) {
        watchers.remove(watcher);
    }
}
