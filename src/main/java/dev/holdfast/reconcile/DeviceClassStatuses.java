package dev.holdfast.reconcile;

import dev.holdfast.api.Names;
import dev.holdfast.api.Undecodable;
import dev.holdfast.api.deviceclass.PassthroughDeviceClass;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassStatus;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.plan.machine.Given;
import dev.holdfast.plan.observed.ClassSummary;
import dev.holdfast.plan.status.VmConditions;
import dev.holdfast.text.LogKeys;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Clock;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the DeviceClasses of device classes, and writes the statuses that differ from these and the nodes' reports. It compares caches periodically: while a cluster
 * boots, each node changes the counts, and each write is sent to all agents.
 */
public final class DeviceClassStatuses implements Runnable {
    private static final Logger log = LoggerFactory.getLogger(DeviceClassStatuses.class);

    private final KubernetesClient client;
    private final Supplier<List<PassthroughDeviceClass>> classes;
    private final Supplier<List<PassthroughNode>> nodes;
    private final DeviceClassKeeper keeper;
    private final Clock clock;

    DeviceClassStatuses(
            KubernetesClient client,
            Supplier<List<PassthroughDeviceClass>> classes,
            Supplier<List<PassthroughNode>> nodes,
            DeviceClassKeeper keeper,
            Clock clock) {
        this.client = client;
        this.classes = classes;
        this.nodes = nodes;
        this.keeper = keeper;
        this.clock = clock;
    }

    /** Writes the statuses. It throws nothing: a failed write is retried at the next run. */
    @Override
    public void run() {
        try {
            ClassSummary summary = new ClassSummary(nodes.get());
            for (PassthroughDeviceClass deviceClass : classes.get()) {
                if (!Undecodable.is(deviceClass)) {
                    PassthroughDeviceClassStatus status =
                            summary.of(deviceClass).withConditions(conditions(deviceClass));
                    if (!status.equals(deviceClass.getStatus())) {
                        write(deviceClass, status);
                    }
                }
            }
        } catch (RuntimeException e) {
            log.atWarn().addKeyValue(LogKeys.ERROR, e.toString()).log("statuses of device classes cannot be written");
        }
    }

    private @Nullable List<Condition> conditions(PassthroughDeviceClass deviceClass) {
        List<Condition> before = Given.of(deviceClass.getStatus(), PassthroughDeviceClassStatus::conditions)
                .orElse(null);
        return keeper.keep(deviceClass)
                .map(verdicts -> VmConditions.of(
                        before, deviceClass.getMetadata().getGeneration(), clock.instant(), verdicts.stream()))
                .or(() -> Given.of(before))
                .filter(conditions -> !conditions.isEmpty())
                .orElse(null);
    }

    private void write(PassthroughDeviceClass deviceClass, PassthroughDeviceClassStatus status) {
        PassthroughDeviceClass fresh = new PassthroughDeviceClass();
        fresh.setMetadata(new ObjectMetaBuilder()
                .withName(deviceClass.getMetadata().getName())
                .withUid(deviceClass.getMetadata().getUid())
                .withResourceVersion(deviceClass.getMetadata().getResourceVersion())
                .build());
        fresh.setStatus(status);
        try {
            client.resource(fresh)
                    .subresource("status")
                    .patch(new PatchContext.Builder()
                            .withPatchType(PatchType.SERVER_SIDE_APPLY)
                            .withFieldManager(Names.OPERATOR)
                            .withForce(true)
                            .build());
        } catch (KubernetesClientException e) {
            // 404 and 409: deleted or changed since it was read.
            if (e.getCode() != 404 && e.getCode() != 409) {
                throw e;
            }
        }
    }
}
