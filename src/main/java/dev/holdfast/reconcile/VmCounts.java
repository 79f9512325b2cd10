package dev.holdfast.reconcile;

import dev.holdfast.api.Undecodable;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.plan.status.StartPhase;
import dev.holdfast.telemetry.OperatorMeters;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.IndexerResourceCache;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import java.util.Arrays;
import java.util.List;

/** Metrics of the operator's caches. */
final class VmCounts {
    private VmCounts() {}

    /**
     * Registers the metrics.
     *
     * @return task that counts the VMs that are not ready, which is too expensive for each scrape
     */
    static NotReadyCounts register(
            IndexerResourceCache<PassthroughVM> vms,
            List<EventSource<?, PassthroughVM>> sources,
            OperatorMeters meters) {
        meters.countVms(
                Arrays.stream(Phase.values()).map(Phase::name).toList(),
                phase -> vms.list(vm -> vm.getStatus() != null && vm.getStatus().phase() == Phase.valueOf(phase))
                        .count());
        meters.countUndecodable(
                HasMetadata.getKind(PassthroughVM.class),
                () -> vms.list(Undecodable::is).count());
        sources.stream()
                .filter(InformerEventSource.class::isInstance)
                .map(source -> (InformerEventSource<?, ?>) source)
                .forEach(source -> meters.countUndecodable(
                        HasMetadata.getKind(source.resourceType()),
                        () -> source.list(Undecodable::is).count()));
        meters.countStarts(
                Arrays.stream(StartPhase.values()).map(StartPhase::label).toList());
        return new NotReadyCounts(vms::list, meters.countNotReady());
    }
}
