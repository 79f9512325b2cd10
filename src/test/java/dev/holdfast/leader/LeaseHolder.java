package dev.holdfast.leader;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Resource;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Objects;

/** The operator's Lease, which a test can acquire for another replica. */
public final class LeaseHolder {
    public static final String NAMESPACE = "holdfast";

    private final KubernetesClient client;

    public LeaseHolder(KubernetesClient client) {
        this.client = client;
    }

    /** Acquires the Lease for {@code holder} now, with a clock that is ahead. */
    public void taken(String holder, Duration lease, Duration clockAhead) {
        ZonedDateTime now = ZonedDateTime.now(ZoneOffset.UTC).plus(clockAhead);
        resource().delete();
        client.resource(new LeaseBuilder()
                        .withNewMetadata()
                        .withNamespace(NAMESPACE)
                        .withName(OperatorLease.NAME)
                        .endMetadata()
                        .withNewSpec()
                        .withHolderIdentity(holder)
                        .withLeaseDurationSeconds((int) lease.toSeconds())
                        .withAcquireTime(now)
                        .withRenewTime(now)
                        .withLeaseTransitions(0)
                        .endSpec()
                        .build())
                .create();
    }

    /** Acquires the Lease from the leader; retries when the leader writes at the same time. */
    public void takenFromTheLeader(String holder) {
        resource()
                .edit(lease -> new LeaseBuilder(lease)
                        .editSpec()
                        .withHolderIdentity(holder)
                        .endSpec()
                        .build());
    }

    public String holder() {
        return lease().getSpec().getHolderIdentity();
    }

    int transitions() {
        return lease().getSpec().getLeaseTransitions();
    }

    private Lease lease() {
        return Objects.requireNonNull(resource().get(), "no Lease");
    }

    private Resource<Lease> resource() {
        return client.leases().inNamespace(NAMESPACE).withName(OperatorLease.NAME);
    }
}
