package dev.holdfast.leader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.Slow;
import dev.holdfast.leader.LeaderElection.Timing;
import dev.holdfast.testbed.apiserver.MockApiServer;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Slow
@Timeout(60)
class LeaderElectionTest {
    /** Far longer than any test, so that no lease expires. */
    private static final Duration LONG = Duration.ofMinutes(10);

    private static final Timing QUICK = new Timing(LONG, Duration.ofSeconds(2), Duration.ofMillis(100));

    private final MockApiServer server = MockApiServer.start();
    private final KubernetesClient client = server.client();
    private final LeaseHolder lease = new LeaseHolder(client);
    private final List<String> losses = new CopyOnWriteArrayList<>();
    private final List<LeaderElection> elections = new ArrayList<>();

    @AfterEach
    void stop() {
        elections.forEach(LeaderElection::close);
        client.close();
        server.close();
    }

    @Test
    void electsTheOtherReplicaWhenTheLeaderIsClosed() throws InterruptedException {
        LeaderElection first = start("a");
        assertThat(first.await()).isTrue();
        LeaderElection second = start("b");
        await().until(() -> second.notReady().isEmpty());
        assertThat(second.isLeader()).isFalse();

        first.close();

        assertThat(lease.holder()).isIn("", "b");
        assertThat(second.await()).isTrue();
        assertThat(lease.holder()).isEqualTo("b");
        assertThat(losses).isEmpty();
    }

    @Test
    void computesTheExpiryByItsOwnClock() throws InterruptedException {
        lease.taken("another", Duration.ofSeconds(1), Duration.ofHours(1));

        LeaderElection election = start("a");

        assertThat(election.await()).isTrue();
        assertThat(lease.holder()).isEqualTo("a");
    }

    @Test
    void keepsALeaderWhoseClockIsBehind() {
        lease.taken("another", LONG, LONG.multipliedBy(-2));

        LeaderElection election = start("a");

        await().during(Duration.ofMillis(500)).until(() -> !election.isLeader());
        assertThat(lease.holder()).isEqualTo("another");
    }

    @Test
    void reacquiresALeaseOfItsFormerProcess() throws InterruptedException {
        lease.taken("a", LONG, Duration.ZERO);

        assertThat(start("a").await()).isTrue();

        assertThat(lease.transitions()).isEqualTo(1);
    }

    @Test
    void endsWhenAnotherReplicaHasAcquiredTheLease() throws InterruptedException {
        LeaderElection election = start("a");
        assertThat(election.await()).isTrue();

        await().ignoreExceptions().until(() -> {
            lease.takenFromTheLeader("another");
            return !losses.isEmpty();
        });

        assertThat(election.isLeader()).isFalse();
        assertThat(losses)
                .singleElement()
                .asString()
                .contains("lost the Lease holdfast/holdfast-operator", "another replica holds it");
        assertThat(lease.holder()).isEqualTo("another");
    }

    @Test
    void endsWhenItCannotRenewInTimeThoughARequestHangsInRetries() throws InterruptedException {
        LeaderElection election = start("a");
        assertThat(election.await()).isTrue();

        server.close();

        await().atMost(QUICK.renew().multipliedBy(3)).until(() -> !losses.isEmpty());
        assertThat(losses).singleElement().asString().contains("was not renewed for");
    }

    @Test
    void stopsWaitingWhenClosed() {
        lease.taken("another", LONG, Duration.ZERO);
        LeaderElection election = start("a");
        CompletableFuture<Boolean> leads = CompletableFuture.supplyAsync(() -> {
            try {
                return election.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });

        election.close();

        assertThat(leads).succeedsWithin(Duration.ofSeconds(5)).isEqualTo(false);
        assertThat(lease.holder()).isEqualTo("another");
        assertThat(losses).isEmpty();
    }

    @Test
    void isNotReadyWhileItCannotReadTheLease() {
        LeaderElection election = election("a");
        assertThat(election.notReady()).get().asString().contains("not read yet");
        server.close();

        election.start();

        await().atMost(Duration.ofMinutes(1))
                .until(() -> election.notReady().orElse("").contains("check that the namespace exists"));
    }

    private LeaderElection start(String identity) {
        LeaderElection election = election(identity);
        election.start();
        return election;
    }

    private LeaderElection election(String identity) {
        LeaderElection election = new LeaderElection(client, LeaseHolder.NAMESPACE, identity, QUICK, losses::add);
        elections.add(election);
        return election;
    }
}
