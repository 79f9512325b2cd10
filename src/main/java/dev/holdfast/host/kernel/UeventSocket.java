package dev.holdfast.host.kernel;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The kernel's uevents, as they happen (netlink(7), NETLINK_KOBJECT_UEVENT). Needs no privilege and no network of the
 * host's: the kernel sends them into every network namespace that belongs to the first user namespace, which those of
 * ordinary pods do.
 *
 * <p>{@link #hear} is for one thread at a time; {@link #close} may come from any and ends a waiting one.
 */
public final class UeventSocket implements Pollable, AutoCloseable {
    private static final int AF_NETLINK = 16;
    private static final int SOCK_RAW = 3;
    private static final int NETLINK_KOBJECT_UEVENT = 15;
    /** The group that the kernel itself sends to; 2 is udev's. */
    private static final int KERNEL_GROUP = 1;

    private static final int SOL_SOCKET = 1;
    private static final int SO_RCVBUF = 8;
    /** A driver that is bound on a large machine makes hundreds; what is too much for the kernel it cuts down. */
    private static final int BUFFER_BYTES = 1024 * 1024;

    private static final int MSG_DONTWAIT = 0x40;
    /** The kernel's own bound is 2048 and the header. */
    private static final int MESSAGE_BYTES = 8192;
    /** struct sockaddr_nl: family, padding, port, groups. */
    private static final int ADDRESS_BYTES = 12;

    private static final int PORT = 4;
    private static final int GROUPS = 8;

    private final int descriptor;
    private final WakeablePoll poll;
    private final byte[] message = new byte[MESSAGE_BYTES];
    private final ReentrantLock hearing = new ReentrantLock();
    private volatile boolean closed;

    /** What came. */
    public sealed interface Heard {
        /** One uevent of the kernel's. */
        record Event(Uevent uevent) implements Heard {}

        /** The kernel had more to say than we took in time; something was lost. */
        record Lost() implements Heard {}

        /** Nothing, for as long as was waited. */
        record Silence() implements Heard {}
    }

    private UeventSocket(int descriptor, WakeablePoll poll) {
        this.descriptor = descriptor;
        this.poll = poll;
    }

    @Override
    public int descriptor() {
        return descriptor;
    }

    /**
     * Listens from now on.
     *
     * @throws ErrnoException when the kernel, or a sandbox of the container runtime, has no such socket for us
     */
    public static UeventSocket open() throws ErrnoException {
        int descriptor = Libc.socket(AF_NETLINK, SOCK_RAW | UnixServerSocket.SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
        if (descriptor < 0) {
            throw failed("socket");
        }
        try {
            Libc.setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, new int[] {BUFFER_BYTES}, Integer.BYTES);
            byte[] address = new byte[ADDRESS_BYTES];
            address[0] = AF_NETLINK;
            address[GROUPS] = KERNEL_GROUP;
            if (Libc.bind(descriptor, address, address.length) != 0) {
                throw failed("bind");
            }
            return new UeventSocket(descriptor, WakeablePoll.open());
        } catch (ErrnoException e) {
            Libc.close(descriptor);
            throw e;
        }
    }

    /**
     * Waits for the next one.
     *
     * @param patience to the millisecond
     * @throws ClosedChannelException after {@link #close}
     */
    public Heard hear(Duration patience) throws IOException {
        return hear(Optional.of(patience));
    }

    /** Waits for the next one, for as long as it takes; see {@link #hear(Duration)}. */
    public Heard hear() throws IOException {
        return hear(Optional.empty());
    }

    private Heard hear(Optional<Duration> patience) throws IOException {
        hearing.lock();
        try {
            while (!closed) {
                if (!poll.await(List.of(this), patience).isEmpty()) {
                    Optional<Heard> heard = receive();
                    if (heard.isPresent()) {
                        return heard.get();
                    }
                } else if (!closed && patience.isPresent()) {
                    return new Heard.Silence();
                }
            }
            throw new ClosedChannelException();
        } finally {
            hearing.unlock();
        }
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        poll.wake();
        hearing.lock();
        try {
            poll.close();
            Libc.close(descriptor);
        } finally {
            hearing.unlock();
        }
    }

    /** Empty for what is no uevent of the kernel's: another process may send to our port what it likes. */
    private Optional<Heard> receive() throws ErrnoException {
        byte[] sender = new byte[ADDRESS_BYTES];
        long count =
                Libc.recvfrom(descriptor, message, message.length, MSG_DONTWAIT, sender, new int[] {ADDRESS_BYTES});
        if (count < 0) {
            return switch (Libc.errno()) {
                case Errno.ENOBUFS -> Optional.of(new Heard.Lost());
                case Errno.EAGAIN, Errno.EINTR -> Optional.empty();
                default -> throw failed("recvfrom");
            };
        }
        boolean fromKernel = (sender[PORT] | sender[PORT + 1] | sender[PORT + 2] | sender[PORT + 3]) == 0;
        return fromKernel ? Uevent.parse(message, (int) count).map(Heard.Event::new) : Optional.empty();
    }

    private static ErrnoException failed(String call) {
        int errno = Libc.errno();
        return new ErrnoException(
                call, errno, "The kernel's uevents cannot be heard (" + call + "): " + Errno.text(errno) + ".");
    }
}
