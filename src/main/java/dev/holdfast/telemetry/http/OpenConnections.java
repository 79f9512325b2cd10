package dev.holdfast.telemetry.http;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.function.Predicate;

/**
 * Open connections in the order of their arrival. Selects the connection that ends when there are too many.
 *
 * <p>A new connection is always accepted. When its address has too many, another connection of that address is ended;
 * when there are too many in total, one of the address with most connections. So a source that opens connections
 * without end displaces only its own, and the requests of the kubelet and Prometheus are answered. Of an address,
 * connections without a complete request end first, the oldest before the others.
 *
 * <p>Not thread-safe.
 *
 * @param <A> an address, compared by {@code equals}
 */
final class OpenConnections<A> {
    private final int perAddress;
    private final int inAll;
    private final SequencedSet<Connection<A>> open = new LinkedHashSet<>();
    private final Map<A, Integer> countByAddress = new HashMap<>();

    /** One connection. */
    static final class Connection<A> {
        private final A address;
        private final Runnable abort;
        private boolean requestReceived;

        private Connection(A address, Runnable abort) {
            this.address = address;
            this.abort = abort;
        }

        /** Marks that the request is complete. */
        void markRequestReceived() {
            requestReceived = true;
        }

        /** Returns whether the request is complete. */
        boolean requestReceived() {
            return requestReceived;
        }

        /** Ends the connection at once. */
        void abort() {
            abort.run();
        }
    }

    /**
     * Creates an empty table.
     *
     * @param perAddress maximum number of open connections of one address, at least 1
     * @param inAll      maximum number of open connections, at least 1
     */
    OpenConnections(int perAddress, int inAll) {
        this.perAddress = perAddress;
        this.inAll = inAll;
    }

    /**
     * Adds a connection.
     *
     * @param abort ends the connection at once
     */
    Connection<A> add(A address, Runnable abort) {
        Connection<A> added = new Connection<>(address, abort);
        open.addLast(added);
        countByAddress.merge(address, 1, Integer::sum);
        return added;
    }

    /** Returns the connection that has to end because {@code added} was opened; never {@code added} itself. */
    Optional<Connection<A>> excess(Connection<A> added) {
        if (count(added.address) > perAddress) {
            return firstToEnd(other -> other != added && other.address.equals(added.address));
        }
        if (open.size() > inAll) {
            int most = countByAddress.values().stream()
                    .mapToInt(Integer::intValue)
                    .max()
                    .orElseThrow();
            return firstToEnd(other -> other != added && count(other.address) == most);
        }
        return Optional.empty();
    }

    /** Removes a connection that has ended. */
    void remove(Connection<A> ended) {
        if (open.remove(ended)) {
            countByAddress.computeIfPresent(ended.address, (same, count) -> count == 1 ? null : count - 1);
        }
    }

    private int count(A address) {
        return countByAddress.getOrDefault(address, 0);
    }

    private Optional<Connection<A>> firstToEnd(Predicate<Connection<A>> candidate) {
        return open.stream()
                .filter(candidate)
                .filter(connection -> !connection.requestReceived)
                .findFirst()
                .or(() -> open.stream().filter(candidate).findFirst());
    }
}
