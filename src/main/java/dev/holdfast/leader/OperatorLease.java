package dev.holdfast.leader;

import dev.holdfast.text.LogKeys;
import dev.holdfast.text.NamespacedName;
import dev.holdfast.text.RootCause;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaderElectionRecord;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaseLock;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.Lock;
import java.net.HttpURLConnection;
import java.time.Clock;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The Lease for fabric8's LeaderElector. The elector uses what it reads without checks; three things are corrected before, as
 * in client-go's leaderelection.go:
 *
 * <ul>
 *   <li>the age of another replica's lease is the time since its renewal was first observed, by a clock that does not jump:
 *       the clocks of two nodes may differ, and that of this one may be set;
 *   <li>a lease with this replica's identity is not held before this process has written it: a restarted container finds the
 *       identity of its former process, and another replica may acquire that lease at the same time;
 *   <li>a release writes an empty holder. A merge patch omits null, and would keep the old holder.
 * </ul>
 */
public final class OperatorLease implements Lock {
    public static final String NAME = "holdfast-operator";

    private static final Logger log = LoggerFactory.getLogger(OperatorLease.class);
    private static final String NO_HOLDER = "";

    private final LeaseLock lock;
    private final String namespace;
    private final Clock clock;
    private final LongSupplier nanoTime;
    private @Nullable LeaderElectionRecord observed;
    private long observedNanos;
    private volatile boolean requested;
    private volatile @Nullable String fault;
    private volatile @Nullable Long writtenNanos;

    OperatorLease(String namespace, String identity) {
        this(namespace, identity, Clock.systemUTC(), System::nanoTime);
    }

    /**
     * Makes the Lease with other clocks.
     *
     * @param clock    what the elector compares the Lease with; may jump
     * @param nanoTime like {@link System#nanoTime}
     */
    OperatorLease(String namespace, String identity, Clock clock, LongSupplier nanoTime) {
        this.namespace = namespace;
        this.clock = clock;
        this.nanoTime = nanoTime;
        lock = new LeaseLock(namespace, NAME, identity);
    }

    @Override
    public @Nullable LeaderElectionRecord get(KubernetesClient client) {
        return send(() -> withLocalTime(lock.get(client)));
    }

    @Override
    public void create(KubernetesClient client, LeaderElectionRecord wanted) {
        write(() -> lock.create(client, wanted));
    }

    @Override
    public void update(KubernetesClient client, LeaderElectionRecord wanted) {
        String holder = Optional.ofNullable(wanted.getHolderIdentity()).orElse(NO_HOLDER);
        write(() -> lock.update(client, with(wanted, holder, wanted.getRenewTime())));
    }

    /** Returns why the Lease cannot be read or written; empty when the last attempt succeeded. Thread-safe. */
    Optional<String> fault() {
        return requested ? Optional.ofNullable(fault) : Optional.of("not read yet");
    }

    /** Returns the time since this process last wrote the Lease; empty before the first write. Thread-safe. */
    Optional<Duration> sinceWritten() {
        return Optional.ofNullable(writtenNanos).map(then -> Duration.ofNanos(nanoTime.getAsLong() - then));
    }

    @Override
    public String identity() {
        return lock.identity();
    }

    @Override
    public String describe() {
        return NamespacedName.of(namespace, NAME);
    }

    private @Nullable LeaderElectionRecord withLocalTime(@Nullable LeaderElectionRecord found) {
        if (found == null) {
            return null;
        }
        if (!found.equals(observed)) {
            observed = found;
            observedNanos = nanoTime.getAsLong();
        }
        ZonedDateTime renewed = ZonedDateTime.now(clock).minusNanos(nanoTime.getAsLong() - observedNanos);
        boolean ofFormerProcess = identity().equals(found.getHolderIdentity()) && writtenNanos == null;
        return with(found, ofFormerProcess ? NO_HOLDER : found.getHolderIdentity(), renewed);
    }

    private static LeaderElectionRecord with(
            LeaderElectionRecord record, @Nullable String holder, ZonedDateTime renewed) {
        return new LeaderElectionRecord(
                holder, record.getLeaseDuration(), record.getAcquireTime(), renewed, record.getLeaderTransitions());
    }

    /** Writes the Lease. The time is taken before the request, as the API server may accept it long before its answer arrives. */
    private void write(Runnable request) {
        long before = nanoTime.getAsLong();
        send(() -> {
            request.run();
            return null;
        });
        writtenNanos = before;
    }

    /** Sends a request. The elector retries after a KubernetesClientException, and ends with any other exception. */
    private <T> @Nullable T send(Supplier<@Nullable T> request) {
        try {
            T answer = request.get();
            requested = true;
            fault = null;
            return answer;
        } catch (KubernetesClientException e) {
            // Another replica was faster.
            if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
                report(e);
            }
            throw e;
        } catch (RuntimeException e) {
            report(e);
            throw new KubernetesClientException(e.toString(), e);
        }
    }

    /** Records the fault, and logs it once and not at each attempt. */
    private void report(RuntimeException e) {
        String message = RootCause.root(e);
        if (fault == null) {
            log.atWarn()
                    .addKeyValue(LogKeys.LEASE, describe())
                    .addKeyValue(LogKeys.ERROR, message)
                    .log("cannot use the Lease; retrying");
        }
        requested = true;
        fault = message;
    }
}
