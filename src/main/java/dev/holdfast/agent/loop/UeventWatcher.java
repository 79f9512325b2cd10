package dev.holdfast.agent.loop;

import dev.holdfast.host.kernel.Uevent;
import dev.holdfast.host.kernel.UeventSocket;
import dev.holdfast.host.kernel.UeventSocket.Heard;
import dev.holdfast.telemetry.AgentMeters;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells when the kernel says that something has changed of what can be passed through. A device that is plugged in makes
 * a dozen uevents; they are told once, when it has been quiet for a moment.
 */
public final class UeventWatcher implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(UeventWatcher.class);

    private static final Duration QUIET = Duration.ofMillis(50);
    /** Where it does not become quiet: so often all the same. */
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
     * @throws IOException when there is no such socket for us; then only the slow rescan finds what changed
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

    /** What has to do with PCI functions, their drivers and VFIO, and the two devices that tell of VFIO and KVM. */
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
            // Closed by us: the end.
        } catch (IOException e) {
            log.atError()
                    .addKeyValue("cause", e.getMessage())
                    .log("uevents are not heard any more; only the slow rescan finds what changes on the bus");
        }
    }

    /** A fault of ours must not end the listening: whatever was told then is looked for. */
    private void listen() throws IOException {
        try {
            if (isNews(socket.hear())) {
                long first = System.nanoTime();
                collect(first);
                changed.accept(first);
            }
        } catch (RuntimeException e) {
            log.atError().setCause(e).log("a uevent was lost by a fault of the agent; the bus is read anew");
            changed.accept(System.nanoTime());
        }
    }

    private void collect(long first) throws IOException {
        Heard heard;
        do {
            heard = socket.hear(QUIET);
            isNews(heard);
        } while (!(heard instanceof Heard.Silence) && System.nanoTime() - first < AT_MOST.toNanos());
    }

    private boolean isNews(Heard heard) {
        return switch (heard) {
            case Heard.Event event -> {
                boolean relevant = relevant(event.uevent());
                meters.uevent(relevant);
                yield relevant;
            }
            case Heard.Lost lost -> {
                meters.ueventsLost();
                yield true;
            }
            case Heard.Silence silence -> false;
        };
    }
}
