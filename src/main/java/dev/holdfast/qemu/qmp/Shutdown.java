package dev.holdfast.qemu.qmp;

import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * Powers a guest down by its power button, and waits until QEMU has ended. A guest that is still booting ignores the button,
 * so it is pressed repeatedly; a guest that never reacts is ended at the deadline.
 */
public final class Shutdown {
    private static final Duration QMP_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration QUIT_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration PAUSE = Duration.ofMillis(100);

    private final Path socket;
    private final Duration pressEvery;
    private final InstantSource clock;
    private final Consumer<String> report;

    /** Result of a shutdown. */
    public enum Outcome {
        /** QEMU was not running. */
        NOT_RUNNING,
        /** QEMU has ended before the deadline. */
        POWERED_OFF,
        /** The deadline has passed, and QEMU has ended by the command quit. */
        QUIT,
        /** QEMU has not ended, or the peer is not QEMU. */
        STUCK
    }

    /**
     * @param socket     QEMU's QMP socket
     * @param pressEvery time after which the power button is pressed again
     * @param report        receives a message for each step
     */
    public Shutdown(Path socket, Duration pressEvery, InstantSource clock, Consumer<String> report) {
        this.socket = socket;
        this.pressEvery = pressEvery;
        this.clock = clock;
        this.report = report;
    }

    /**
     * Returns when QEMU has ended, or five seconds after the command quit.
     *
     * @param timeout time limit for the guest
     */
    public Outcome run(Duration timeout) {
        Instant deadline = clock.instant().plus(timeout);
        boolean seen = false;
        while (true) {
            // A connection that is accepted while QEMU ends gets no answer; try until nothing listens.
            try (Qmp qmp = Qmp.connect(socket, QMP_TIMEOUT)) {
                seen = true;
                press(qmp, deadline);
                return quit(qmp);
            } catch (ConnectException e) {
                report.accept(seen ? "QEMU has ended" : "QEMU is not running: " + e.getMessage());
                return seen ? Outcome.POWERED_OFF : Outcome.NOT_RUNNING;
            } catch (EOFException e) {
                seen = true;
            } catch (IOException e) {
                report.accept(e.getMessage());
            }
            if (clock.instant().isAfter(deadline)) {
                report.accept("the timeout has passed and QEMU cannot be ended; the kubelet will kill it");
                return Outcome.STUCK;
            }
            LockSupport.parkNanos(PAUSE.toNanos());
        }
    }

    private void press(Qmp qmp, Instant deadline) throws IOException {
        for (Instant now = clock.instant(); now.isBefore(deadline); now = clock.instant()) {
            report.accept("pressing the guest's power button; it has %d s to power off"
                    .formatted(Duration.between(now, deadline).toSeconds()));
            qmp.execute("system_powerdown");
            Instant again = now.plus(pressEvery);
            watch(qmp, again.isBefore(deadline) ? again : deadline);
        }
    }

    private void watch(Qmp qmp, Instant until) throws IOException {
        for (Instant now = clock.instant(); now.isBefore(until); now = clock.instant()) {
            Optional<String> event = qmp.nextEvent(Duration.between(now, until));
            if (event.filter("SHUTDOWN"::equals).isPresent()) {
                report.accept("the guest has powered off; waiting for QEMU to end");
            }
        }
    }

    private Outcome quit(Qmp qmp) throws IOException {
        report.accept("the guest did not power off in time; ending QEMU");
        try {
            qmp.execute("quit");
            watch(qmp, clock.instant().plus(QUIT_TIMEOUT));
        } catch (EOFException e) {
            report.accept("QEMU has quit");
            return Outcome.QUIT;
        }
        report.accept("QEMU has not ended after the command quit; the kubelet will kill it");
        return Outcome.STUCK;
    }
}
