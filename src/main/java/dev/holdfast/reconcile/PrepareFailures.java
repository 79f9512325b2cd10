package dev.holdfast.reconcile;

import dev.holdfast.plan.machine.Given;
import dev.holdfast.plan.observed.PodState;
import dev.holdfast.text.LogKeys;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The Events by which a kubelet reports that it cannot prepare the devices of a pod's claims
 * (pkg/kubelet/kuberuntime/kuberuntime_manager.go); the pod's status does not have it. They are not watched, as a cluster has
 * many Events, and are read only for a pod that takes long.
 */
final class PrepareFailures {
    private static final Logger log = LoggerFactory.getLogger(PrepareFailures.class);

    private static final String REASON = "FailedPrepareDynamicResources";

    /** Time after which the start of a pod takes long. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    /**
     * A kubelet combines the Events of a pod after ten different messages (client-go, EventAggregator), and begins again when
     * it is restarted. The server returns the oldest first, so the limit is higher than what is expected.
     */
    private static final long LIMIT = 100;

    private final KubernetesClient client;

    PrepareFailures(KubernetesClient client) {
        this.client = client;
    }

    /** Returns the latest message; empty for a pod that is not being prepared, or has been only a short time. */
    Optional<String> of(Pod pod, Instant now) {
        return PodState.of(pod) instanceof PodState.Preparing preparing
                        && !preparing.since().plus(PATIENCE).isAfter(now)
                ? latestIfReadable(pod)
                : Optional.empty();
    }

    /** Returns empty when the Events cannot be read: they only explain, and the VM has to be reconciled all the same. */
    private Optional<String> latestIfReadable(Pod pod) {
        try {
            return latest(pod);
        } catch (KubernetesClientException e) {
            log.atWarn()
                    .addKeyValue(LogKeys.POD, pod.getMetadata().getName())
                    .addKeyValue(LogKeys.ERROR, e.toString())
                    .log("cannot read the Events of a pod");
            return Optional.empty();
        }
    }

    private Optional<String> latest(Pod pod) {
        return client
                .v1()
                .events()
                .inNamespace(pod.getMetadata().getNamespace())
                .withField("involvedObject.uid", pod.getMetadata().getUid())
                .withField("reason", REASON)
                .list(new ListOptionsBuilder().withLimit(LIMIT).build())
                .getItems()
                .stream()
                .filter(event -> REASON.equals(event.getReason())
                        && pod.getMetadata()
                                .getUid()
                                .equals(event.getInvolvedObject().getUid()))
                .max(Comparator.comparing(PrepareFailures::time))
                .flatMap(event -> Given.of(event.getMessage()))
                .map(PrepareFailures::withoutPrefixes);
    }

    private static String time(Event event) {
        return Stream.of(event.getLastTimestamp(), event.getFirstTimestamp())
                .flatMap(time -> Given.of(time).stream())
                .findFirst()
                .orElse("");
    }

    private static String withoutPrefixes(String message) {
        return message.replaceFirst("^\\(combined from similar events\\): ", "")
                .replaceFirst("^Failed to prepare dynamic resources: ", "")
                .replaceFirst("^prepare dynamic resources: ", "");
    }
}
