package dev.holdfast.host.kernel;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Receives the kernel's uevents (netlink(7), NETLINK_KOBJECT_UEVENT). Requires neither a privilege nor the host's network:
 * the kernel sends uevents to every network namespace that belongs to the initial user namespace, as those of ordinary pods
 * do.
 *
 * <p>Not thread-safe, except {@link #close}, which ends a waiting {@link #receive}.
 */
public final class UeventSocket implements Pollable, AutoCloseable {
    private static final int AF_NETLINK = 16;
    private static final int SOCK_RAW = 3;
    private static final int NETLINK_KOBJECT_UEVENT = 15;
    /** Multicast group of the kernel; group 2 is udev's. */
    private static final int KERNEL_GROUP = 1;

    private static final int SOL_SOCKET = 1;
    private static final int SO_RCVBUF = 8;
    /** Binding a driver on a large host causes hundreds of uevents. The kernel reduces a size that it does not allow. */
    private static final int BUFFER_BYTES = 1024 * 1024;

    private static final int MSG_DONTWAIT = 0x40;
    /** The kernel's messages have at most 2048 bytes and a header. */
    private static final int MESSAGE_BYTES = 8192;
    /** struct sockaddr_nl: family, padding, port, groups. */
    private static final int ADDRESS_BYTES = 12;

    private static final int PORT = 4;
    private static final int GROUPS = 8;

    private final int descriptor;
    private final WakeablePoll poll;
    private final byte[] message = new byte[MESSAGE_BYTES];
    private final ReentrantLock receiving = new ReentrantLock();
    private volatile boolean closed;

    /** Result of waiting for a uevent. */
    public sealed interface Received {
        /** A uevent of the kernel. */
        record Event(Uevent uevent) implements Received {}

        /** Uevents were lost to a receive buffer overrun. */
        record Lost() implements Received {}

        /** No uevent within the timeout. */
        record Timeout() implements Received {}
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
     * Opens a socket that receives uevents from now on.
     *
     * @throws ErrnoException when the kernel, or a sandbox of the container runtime, does not offer such a socket
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
     * Waits for the next uevent.
     *
     * @param timeout with a precision of one millisecond
     * @throws ClosedChannelException after {@link #close}
     */
    public Received receive(Duration timeout) throws IOException {
        return receive(Optional.of(timeout));
    }

    /** Waits for the next uevent without a time limit; see {@link #receive(Duration)}. */
    public Received receive() throws IOException {
        return receive(Optional.empty());
    }

    private Received receive(Optional<Duration> timeout) throws IOException {
        receiving.lock();
        try {
            while (!closed) {
                if (!poll.await(List.of(this), timeout).isEmpty()) {
                    Optional<Received> received = read();
                    if (received.isPresent()) {
                        return received.get();
                    }
                } else if (!closed && timeout.isPresent()) {
                    return new Received.Timeout();
                }
            }
            throw new ClosedChannelException();
        } finally {
            receiving.unlock();
        }
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        poll.wake();
        receiving.lock();
        try {
            poll.close();
            Libc.close(descriptor);
        } finally {
            receiving.unlock();
        }
    }

    /** Reads one message; empty when it is not a uevent of the kernel, as other processes may send to this port too. */
    private Optional<Received> read() throws ErrnoException {
        byte[] sender = new byte[ADDRESS_BYTES];
        long count =
                Libc.recvfrom(descriptor, message, message.length, MSG_DONTWAIT, sender, new int[] {ADDRESS_BYTES});
        if (count < 0) {
            return switch (Libc.errno()) {
                case Errno.ENOBUFS -> Optional.of(new Received.Lost());
                case Errno.EAGAIN, Errno.EINTR -> Optional.empty();
                default -> throw failed("recvfrom");
            };
        }
        boolean fromKernel = (sender[PORT] | sender[PORT + 1] | sender[PORT + 2] | sender[PORT + 3]) == 0;
        return fromKernel ? Uevent.parse(message, (int) count).map(Received.Event::new) : Optional.empty();
    }

    private static ErrnoException failed(String call) {
        int errno = Libc.errno();
        return new ErrnoException(
                call, errno, "cannot receive uevents of the kernel (" + call + "): " + Errno.text(errno));
    }
}
