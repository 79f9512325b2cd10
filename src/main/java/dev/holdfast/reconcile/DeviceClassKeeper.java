package dev.holdfast.reconcile;

import dev.holdfast.api.Names;
import dev.holdfast.api.deviceclass.PassthroughDeviceClass;
import dev.holdfast.plan.deviceclass.DeviceClassPlan;
import dev.holdfast.plan.deviceclass.DeviceClassPlan.Step;
import dev.holdfast.plan.status.VmConditions.Verdict;
import dev.holdfast.text.LogKeys;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceClass;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceClassBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.net.HttpURLConnection;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps the DeviceClasses of classes with allocation DRA. It compares caches, and writes only what differs. Not thread-safe. */
final class DeviceClassKeeper {
    private static final Logger log = LoggerFactory.getLogger(DeviceClassKeeper.class);

    /** Answers of a server, or of a proxy before it, that cannot serve a request now. */
    private static final Set<Integer> BUSY = Set.of(429, 502, 503, 504);

    /** Interval of applies to a server that drops a field: it may have been updated since. */
    private static final Duration APPLY_AGAIN = Duration.ofHours(1);

    private final KubernetesClient client;
    private final Supplier<Optional<List<DeviceClass>>> present;
    private final Clock clock;
    /** Classes that the server stored without the field that it does not know, by name. */
    private final Map<String, Dropped> dropped = new HashMap<>();

    /** A class as the server stored it, and when. */
    private record Dropped(String resourceVersion, Instant applied) {}

    /**
     * @param present the cached DeviceClasses; empty when the API server has none
     */
    DeviceClassKeeper(KubernetesClient client, Supplier<Optional<List<DeviceClass>>> present, Clock clock) {
        this.client = client;
        this.present = present;
        this.clock = clock;
    }

    /**
     * Writes the DeviceClass if it differs.
     *
     * @return the conditions to report; empty when it was changed meanwhile, or the API server is not responding: the next
     *     run sees more
     */
    Optional<List<Verdict>> keep(PassthroughDeviceClass own) {
        Optional<List<DeviceClass>> all = present.get();
        if (all.isEmpty()) {
            return Optional.of(DeviceClassPlan.notServed(own).verdicts());
        }
        try {
            return Optional.of(kept(own, all.get()).verdicts());
        } catch (KubernetesClientException e) {
            if (e.getCode() == HttpURLConnection.HTTP_CONFLICT || e.getCode() == HttpURLConnection.HTTP_NOT_FOUND) {
                return Optional.empty();
            }
            log.atWarn()
                    .addKeyValue(LogKeys.DEVICE_CLASS, own.getMetadata().getName())
                    .addKeyValue(LogKeys.ERROR, e.toString())
                    .log("DeviceClass cannot be written");
            return isUndecided(e)
                    ? Optional.empty()
                    : Optional.of(
                            DeviceClassPlan.refused(own, ServerMessage.of(e)).verdicts());
        }
    }

    /** Returns whether the API server has not decided: it did not answer, or has too much to do. */
    private static boolean isUndecided(KubernetesClientException e) {
        return e.getStatus() == null || BUSY.contains(e.getCode());
    }

    private DeviceClassPlan kept(PassthroughDeviceClass own, List<DeviceClass> all) {
        Optional<DeviceClass> stored = find(own, all);
        DeviceClassPlan plan =
                DeviceClassPlan.of(own, all, stored.filter(this::isDropped).isPresent());
        if (plan.step() == Step.NOTHING) {
            return plan;
        }
        log.atInfo()
                .addKeyValue(LogKeys.DEVICE_CLASS, own.getMetadata().getName())
                .addKeyValue("step", plan.step())
                .log("DeviceClass differs from its PassthroughDeviceClass");
        if (plan.step() == Step.DELETE) {
            stored.ifPresent(this::delete);
            return plan;
        }
        DeviceClass answer = plan.step() == Step.CREATE ? create(own) : apply(own, stored);
        boolean lost = answer.getSpec().getExtendedResourceName() == null;
        if (lost) {
            dropped.put(
                    answer.getMetadata().getName(),
                    new Dropped(answer.getMetadata().getResourceVersion(), clock.instant()));
        }
        return DeviceClassPlan.of(own, with(answer, all), lost);
    }

    private boolean isDropped(DeviceClass stored) {
        Dropped last = dropped.get(stored.getMetadata().getName());
        return last != null
                && last.resourceVersion().equals(stored.getMetadata().getResourceVersion())
                && clock.instant().isBefore(last.applied().plus(APPLY_AGAIN));
    }

    /** Creates by a plain create request: an existing class is never taken over. */
    private DeviceClass create(PassthroughDeviceClass own) {
        return client.resource(DeviceClassPlan.wanted(own)).create();
    }

    /** Applies to the object that was read: a class of that name that was created since is another's. */
    private DeviceClass apply(PassthroughDeviceClass own, Optional<DeviceClass> stored) {
        DeviceClass wanted = new DeviceClassBuilder(DeviceClassPlan.wanted(own))
                .editMetadata()
                .withUid(stored.map(found -> found.getMetadata().getUid()).orElse(null))
                .endMetadata()
                .build();
        return client.resource(wanted)
                .patch(new PatchContext.Builder()
                        .withPatchType(PatchType.SERVER_SIDE_APPLY)
                        .withFieldManager(Names.OPERATOR)
                        .withForce(true)
                        .build());
    }

    /** Deletes the object that was read, unless it has been changed since. */
    private void delete(DeviceClass stored) {
        client.resource(stored)
                .lockResourceVersion(stored.getMetadata().getResourceVersion())
                .delete();
    }

    private static Optional<DeviceClass> find(PassthroughDeviceClass own, Collection<DeviceClass> all) {
        return all.stream()
                .filter(one ->
                        one.getMetadata().getName().equals(own.getMetadata().getName()))
                .findFirst();
    }

    private static List<DeviceClass> with(DeviceClass answer, Collection<DeviceClass> all) {
        return Stream.concat(
                        all.stream()
                                .filter(one -> !one.getMetadata()
                                        .getName()
                                        .equals(answer.getMetadata().getName())),
                        Stream.of(answer))
                .toList();
    }
}
