package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.Slow;
import dev.holdfast.leader.LeaderElection;
import dev.holdfast.leader.LeaderElection.Timing;
import dev.holdfast.leader.LeaseHolder;
import dev.holdfast.plan.lifecycle.OperatorSettings;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two operators, of which one is active. */
@Slow
@Timeout(60)
final class OperatorElectionTest {
    private static final Timing QUICK =
            new Timing(Duration.ofMinutes(10), Duration.ofSeconds(30), Duration.ofMillis(100));
    private static final String LEASE_WRITE =
            "PATCH /apis/coordination.k8s.io/v1/namespaces/holdfast/leases/holdfast-operator";

    private final VmWorld world = new VmWorld();
    private final LeaseHolder lease = new LeaseHolder(world.client);
    private final List<String> losses = new CopyOnWriteArrayList<>();
    private final List<Replica> replicas = new ArrayList<>();

    @AfterEach
    void stop() {
        replicas.forEach(replica -> replica.service.close());
        world.close();
    }

    @Test
    void onlyTheLeaderWritesAndTheNextContinuesWhenItStops() {
        // Given
        Replica first = replica("a");
        await().until(() -> first.leads() == 1);
        Replica second = replica("b");
        await().until(() -> second.service.notReady().isEmpty());

        // When
        world.createVm();
        await().until(() -> !world.podUid().isEmpty()
                && world.podUid().equals(world.status().podUID()));

        // Then
        assertThat(second.leads()).isZero();
        assertThat(second.recorder.writes()).isEmpty();

        // When
        first.service.close();

        // Then its last write was that of the Lease, and the other finds the pod instead of creating one.
        assertThat(first.recorder.writes()).endsWith(LEASE_WRITE);
        String pod = world.podUid();
        await().until(() -> second.leads() == 1 && second.service.notReady().isEmpty());
        assertThat(lease.holder()).isEqualTo("b");
        world.schedule();
        world.startContainer();
        world.grant();
        await().until(() -> String.valueOf(world.phase()).equals("Running"));
        assertThat(world.podUid()).isEqualTo(pod);
        assertThat(second.recorder.writes()).noneMatch(write -> write.startsWith("POST"));
        assertThat(losses).isEmpty();
    }

    @Test
    void keepsTheLeaseUntilTheLastReconciliationHasEnded() throws InterruptedException {
        // Given a leader in the middle of a reconciliation
        Replica leader = replica("a");
        leader.recorder.hold("/status");
        world.createVm();
        await().until(leader.recorder::holdsOne);

        // When
        Thread closing = new Thread(leader.service::close, "close");
        closing.start();

        // Then
        await().during(Duration.ofMillis(300)).until(() -> lease.holder().equals("a"));
        leader.recorder.release();
        closing.join();
        assertThat(lease.holder()).isEmpty();
        assertThat(leader.recorder.writes())
                .contains("PATCH /apis/holdfast.dev/v1alpha1/namespaces/default/passthroughvms/gpu-vm/status")
                .last()
                .isEqualTo(LEASE_WRITE);
    }

    @Test
    void createsThePodsOfManyVmsBeforeTheirStatuses() {
        // Given as many VMs as there are threads, three times
        int threads = 20;
        world.createVms(3 * threads);

        // When
        Replica leader = replica("a");

        // Then as many as there are threads may have no pod when the first status is written.
        await().until(() -> vmWrites(leader)
                        .filter(write -> write.endsWith("/status"))
                        .distinct()
                        .count()
                == 3 * threads);
        assertThat(vmWrites(leader).takeWhile(write -> !write.endsWith("/status")))
                .hasSizeGreaterThanOrEqualTo(2 * threads);
        assertThat(vmWrites(leader).filter(write -> write.startsWith("POST"))).hasSize(3 * threads);
    }

    private static Stream<String> vmWrites(Replica replica) {
        return replica.recorder.writes().stream()
                .filter(write -> write.endsWith("/pods") || write.contains("/passthroughvms/"));
    }

    @Test
    void aStandbyReplicaCanBeStopped() {
        // Given
        lease.taken("another", Duration.ofMinutes(10), Duration.ZERO);
        Replica replica = replica("a");
        await().until(() -> replica.service.notReady().isEmpty());

        // When
        replica.service.close();

        // Then
        await().until(() -> !replica.thread.isAlive());
        assertThat(replica.started).isEqualTo(List.of(false));
        assertThat(replica.recorder.writes()).isEmpty();
        assertThat(lease.holder()).isEqualTo("another");
    }

    @Test
    void isActiveAtOnceWithoutAnElection() throws InterruptedException {
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        try (OperatorService alone =
                service(new WriteRecorder().client(world.server.url()), Optional.empty(), meters)) {
            assertThat(leads(meters)).isZero();
            assertThat(alone.start()).isTrue();
            assertThat(leads(meters)).isEqualTo(1);
        }
    }

    private Replica replica(String name) {
        Replica replica = new Replica(name);
        replicas.add(replica);
        replica.thread.start();
        return replica;
    }

    private static OperatorService service(
            KubernetesClient client, Optional<LeaderElection> election, SimpleMeterRegistry meters) {
        return new OperatorService(
                client, OperatorSettings.of("launcher:test", true), "test", election, meters, Clock.systemUTC());
    }

    private static double leads(SimpleMeterRegistry meters) {
        return meters.get("holdfast.operator.leader").gauge().value();
    }

    private final class Replica {
        final WriteRecorder recorder = new WriteRecorder();
        final SimpleMeterRegistry meters = new SimpleMeterRegistry();
        final List<Boolean> started = new CopyOnWriteArrayList<>();
        final OperatorService service;
        final Thread thread;

        Replica(String name) {
            KubernetesClient client = recorder.client(world.server.url());
            var election = new LeaderElection(client, LeaseHolder.NAMESPACE, name, QUICK, losses::add);
            service = service(client, Optional.of(election), meters);
            thread = new Thread(
                    () -> {
                        try {
                            started.add(service.start());
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                        }
                    },
                    name);
        }

        double leads() {
            return OperatorElectionTest.leads(meters);
        }
    }
}
