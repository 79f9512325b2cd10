package dev.holdfast.leader;

import dev.holdfast.text.RootCause;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaderElectionRecord;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaseLock;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.Lock;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The Lease as fabric8's LeaderElector is to see it. The elector believes what it reads; three things are put right
 * before it does, as client-go's leaderelection.go has them:
 *
 * <ul>
 *   <li>whether another's lease has run out is told by this machine's clock alone, from when a renewal was first seen,
 *       since nothing keeps the clocks of two nodes together;
 *   <li>a lease that bears our name is not ours before this process has written it: a restarted container finds the name
 *       of its former self, and another replica may be about to take that lease;
 *   <li>a release writes an empty holder. A merge patch leaves out what is null, and would leave the old one.
 * </ul>
 */
public final class OperatorLease implements Lock {
    public static final String NAME = "holdfast-operator";

    private static final Logger log = LoggerFactory.getLogger(OperatorLease.class);
    private static final String NOBODY = "";

    private final LeaseLock lock;
    private final String namespace;
    private @Nullable LeaderElectionRecord seen;
    private @Nullable ZonedDateTime seenAt;
    private volatile boolean asked;
    private volatile @Nullable String fault;
    private volatile @Nullable Long writtenNanos;

    OperatorLease(String namespace, String identity) {
        this.namespace = namespace;
        lock = new LeaseLock(namespace, NAME, identity);
    }

    @Override
    public @Nullable LeaderElectionRecord get(KubernetesClient client) {
        return ask(() -> asSeenHere(lock.get(client)));
    }

    @Override
    public void create(KubernetesClient client, LeaderElectionRecord wanted) {
        write(() -> lock.create(client, wanted));
    }

    @Override
    public void update(KubernetesClient client, LeaderElectionRecord wanted) {
        String holder = Optional.ofNullable(wanted.getHolderIdentity()).orElse(NOBODY);
        write(() -> lock.update(client, with(wanted, holder, wanted.getRenewTime())));
    }

    /** Why it cannot be read or written; empty when the last try succeeded. For any thread. */
    Optional<String> fault() {
        return asked ? Optional.ofNullable(fault) : Optional.of("not asked for yet");
    }

    /** Since this process last wrote it; empty before it ever did. For any thread. */
    Optional<Duration> sinceWritten() {
        return Optional.ofNullable(writtenNanos).map(then -> Duration.ofNanos(System.nanoTime() - then));
    }

    @Override
    public String identity() {
        return lock.identity();
    }

    @Override
    public String describe() {
        return namespace + "/" + NAME;
    }

    private @Nullable LeaderElectionRecord asSeenHere(@Nullable LeaderElectionRecord found) {
        if (found == null) {
            return null;
        }
        if (!found.equals(seen) || seenAt == null) {
            seen = found;
            seenAt = ZonedDateTime.now(ZoneOffset.UTC);
        }
        boolean ofFormerSelf = identity().equals(found.getHolderIdentity()) && writtenNanos == null;
        return with(found, ofFormerSelf ? NOBODY : found.getHolderIdentity(), seenAt);
    }

    private static LeaderElectionRecord with(
            LeaderElectionRecord record, @Nullable String holder, ZonedDateTime renewed) {
        return new LeaderElectionRecord(
                holder, record.getLeaseDuration(), record.getAcquireTime(), renewed, record.getLeaderTransitions());
    }

    /** Counted from before the request: the API server may have taken it long before we hear of it. */
    private void write(Runnable request) {
        long before = System.nanoTime();
        ask(() -> {
            request.run();
            return null;
        });
        writtenNanos = before;
    }

    /** The elector tries again after a KubernetesClientException, and dies of every other. */
    private <T> @Nullable T ask(Supplier<@Nullable T> request) {
        try {
            T answer = request.get();
            asked = true;
            fault = null;
            return answer;
        } catch (KubernetesClientException e) {
            // Another replica was quicker.
            if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
                tell(e);
            }
            throw e;
        } catch (RuntimeException e) {
            tell(e);
            throw new KubernetesClientException(e.toString(), e);
        }
    }

    /** Once, not at every try. */
    private void tell(RuntimeException e) {
        String words = RootCause.root(e);
        if (fault == null) {
            log.atWarn()
                    .addKeyValue("lease", describe())
                    .addKeyValue("error", words)
                    .log("Cannot use the Lease; trying again");
        }
        asked = true;
        fault = words;
    }
}
