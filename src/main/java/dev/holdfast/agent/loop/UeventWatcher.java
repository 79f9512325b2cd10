package dev.holdfast.agent.loop;

import dev.holdfast.host.kernel.Uevent;
import dev.holdfast.host.kernel.UeventSocket;
import dev.holdfast.host.kernel.UeventSocket.Received;
import dev.holdfast.telemetry.AgentMeters;
import dev.holdfast.text.LogKeys;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reports uevents about devices that can be passed through. A device that is plugged in causes a dozen uevents; they
 * are reported once, after a short time without another uevent.
 */
public final class UeventWatcher implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(UeventWatcher.class);

    private static final Duration QUIET = Duration.ofMillis(50);
    /** Maximum delay of the report while uevents continue. */
    private static final Duration AT_MOST = Duration.ofMillis(500);

    private final UeventSocket socket;
    private final LongConsumer changed;
    private final AgentMeters meters;

    private UeventWatcher(UeventSocket socket, LongConsumer changed, AgentMeters meters) {
        this.socket = socket;
        this.changed = changed;
        this.meters = meters;
    }

    /**
     * Listens until closed.
     *
     * @param changed called on the listening thread, with the {@link System#nanoTime} of the first uevent of the change
     * @throws IOException when the socket cannot be opened; then changes are found by the slow rescan only
     */
    public static UeventWatcher start(LongConsumer changed, AgentMeters meters) throws IOException {
        UeventWatcher watch = new UeventWatcher(UeventSocket.open(), changed, meters);
        Thread.ofPlatform().daemon().name("uevents").start(watch::run);
        return watch;
    }

    @Override
    public void close() {
        socket.close();
    }

    /**
     * Returns whether a uevent is about PCI functions, their drivers or VFIO, or about the device nodes of VFIO and
     * KVM.
     */
    static boolean relevant(Uevent uevent) {
        String path = uevent.devicePath();
        return switch (uevent.subsystem()) {
            case "pci", "vfio", "vfio-dev" -> true;
            case "drivers" -> path.startsWith("/bus/pci/");
            case "misc" -> path.endsWith("/misc/vfio") || path.endsWith("/misc/kvm");
            default -> false;
        };
    }

    private void run() {
        try {
            while (true) {
                listen();
            }
        } catch (ClosedChannelException e) {
            // closed by close()
        } catch (IOException e) {
            log.atError()
                    .addKeyValue(LogKeys.ERROR, e.getMessage())
                    .log("uevents are no longer received; changes on the bus are found by the slow rescan only");
        }
    }

    /**
     * Waits for a uevent. After a fault of the agent listening continues, and the bus is scanned in case a uevent was
     * lost.
     */
    private void listen() throws IOException {
        try {
            if (isRelevant(socket.receive())) {
                long first = System.nanoTime();
                collect(first);
                changed.accept(first);
            }
        } catch (RuntimeException e) {
            log.atError().setCause(e).log("a uevent was lost by a fault of the agent; the bus is scanned again");
            changed.accept(System.nanoTime());
        }
    }

    private void collect(long first) throws IOException {
        Received received;
        do {
            received = socket.receive(QUIET);
            isRelevant(received);
        } while (!(received instanceof Received.Timeout) && System.nanoTime() - first < AT_MOST.toNanos());
    }

    private boolean isRelevant(Received received) {
        return switch (received) {
            case Received.Event event -> {
                boolean relevant = relevant(event.uevent());
                meters.uevent(relevant);
                yield relevant;
            }
            case Received.Lost lost -> {
                meters.ueventsLost();
                yield true;
            }
            case Received.Timeout timeout -> false;
        };
    }
}
