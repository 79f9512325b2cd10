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
 * Powers a guest down as its power button would, and waits until QEMU is gone. A guest that is still booting does not
 * hear the button, so it is pressed again and again; a guest that never hears it is ended at the deadline.
 */
public final class Shutdown {
    private static final Duration QMP_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration QUIT_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration PAUSE = Duration.ofMillis(100);

    private final Path socket;
    private final Duration pressEvery;
    private final InstantSource clock;
    private final Consumer<String> say;

    /** How it ended. */
    public enum Outcome {
        /** No QEMU listened. */
        NOT_RUNNING,
        /** QEMU ended before the deadline. */
        POWERED_OFF,
        /** The deadline came first, and QEMU quit when it was told to. */
        QUIT,
        /** QEMU is still there, or what listens is no QEMU. */
        STUCK
    }

    /**
     * @param socket     QEMU's QMP socket
     * @param pressEvery how long a guest has to hear the power button before it is pressed again
     * @param say        takes one sentence for each step
     */
    public Shutdown(Path socket, Duration pressEvery, InstantSource clock, Consumer<String> say) {
        this.socket = socket;
        this.pressEvery = pressEvery;
        this.clock = clock;
        this.say = say;
    }

    /**
     * Returns when QEMU is gone, or five seconds after it was told to quit.
     *
     * @param timeout how long the guest has
     */
    public Outcome run(Duration timeout) {
        Instant deadline = clock.instant().plus(timeout);
        boolean seen = false;
        while (true) {
            // A listener that accepts while QEMU ends is not heard of again; look until nobody listens.
            try (Qmp qmp = Qmp.connect(socket, QMP_TIMEOUT)) {
                seen = true;
                press(qmp, deadline);
                return quit(qmp);
            } catch (ConnectException e) {
                say.accept(seen ? "QEMU is gone" : "no QEMU runs here: " + e.getMessage());
                return seen ? Outcome.POWERED_OFF : Outcome.NOT_RUNNING;
            } catch (EOFException e) {
                seen = true;
            } catch (IOException e) {
                say.accept(e.getMessage());
            }
            if (clock.instant().isAfter(deadline)) {
                say.accept("the time is over and QEMU cannot be told to quit; the kubelet will kill it");
                return Outcome.STUCK;
            }
            LockSupport.parkNanos(PAUSE.toNanos());
        }
    }

    private void press(Qmp qmp, Instant deadline) throws IOException {
        for (Instant now = clock.instant(); now.isBefore(deadline); now = clock.instant()) {
            say.accept("pressing the guest's power button; it has %d s to power off"
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
                say.accept("the guest has powered off; waiting for QEMU to end");
            }
        }
    }

    private Outcome quit(Qmp qmp) throws IOException {
        say.accept("the guest did not power off in time; telling QEMU to quit");
        try {
            qmp.execute("quit");
            watch(qmp, clock.instant().plus(QUIT_TIMEOUT));
        } catch (EOFException e) {
            say.accept("QEMU has quit");
            return Outcome.QUIT;
        }
        say.accept("QEMU was told to quit and is still there; the kubelet will kill it");
        return Outcome.STUCK;
    }
}
