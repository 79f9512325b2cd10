package dev.holdfast.reconcile;

import dev.holdfast.api.Undecodable;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.api.vm.RunStrategy;
import dev.holdfast.plan.machine.TolerantSpec;
import dev.holdfast.plan.observed.RecordedStatus;
import io.javaoperatorsdk.operator.processing.event.source.IndexerResourceCache;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;

/** VMs by the nodes and the devices of their status, so that a change of a node is not compared with all VMs. */
record VmIndex(IndexerResourceCache<PassthroughVM> vms) {
    private static final String BY_NODE = "node";
    private static final String BY_FORMER_NODE = "former-node";
    private static final String WAITING = "waiting";
    private static final String WAITING_BY_RESOURCE = "waiting-by-resource";
    private static final String UNREPORTED = "unreported";

    /** Key for a former pod whose node is unknown; no node has this name. */
    private static final String UNKNOWN_NODE = "";

    /** The only key of {@link #WAITING} and {@link #UNREPORTED}. */
    private static final String ALL = "all";

    /** Adds the index to a cache that is still empty. */
    static VmIndex in(IndexerResourceCache<PassthroughVM> vms) {
        vms.addIndexers(indexers());
        return new VmIndex(vms);
    }

    static Map<String, Function<PassthroughVM, List<String>>> indexers() {
        return Map.of(
                BY_NODE,
                        vm -> new RecordedStatus(vm.getStatus()).node().stream().toList(),
                BY_FORMER_NODE, VmIndex::formerNodes,
                WAITING, vm -> waitsForNode(vm) ? List.of(ALL) : List.of(),
                WAITING_BY_RESOURCE, vm -> waitsForNode(vm) ? resources(vm) : List.of(),
                UNREPORTED, vm -> isUnreported(vm) ? List.of(ALL) : List.of());
    }

    /** Returns the VMs on the node, and those of {@link #formerlyOn}. */
    Stream<PassthroughVM> on(String node) {
        return Stream.concat(vms.byIndex(BY_NODE, node).stream(), formerlyOn(node));
    }

    /** Returns the VMs with a former pod on the node, or on an unknown one. */
    Stream<PassthroughVM> formerlyOn(String node) {
        return Stream.concat(
                vms.byIndex(BY_FORMER_NODE, node).stream(), vms.byIndex(BY_FORMER_NODE, UNKNOWN_NODE).stream());
    }

    /** Returns the VMs with a pod without a node. */
    Stream<PassthroughVM> waiting() {
        return vms.byIndex(WAITING, ALL).stream();
    }

    /** Returns those of them that request devices of this extended resource. */
    Stream<PassthroughVM> waitingFor(String resource) {
        return vms.byIndex(WAITING_BY_RESOURCE, resource).stream();
    }

    /** Returns the VMs that shall run and have no status yet, but the default of the schema. */
    Stream<PassthroughVM> unreported() {
        return vms.byIndex(UNREPORTED, ALL).stream();
    }

    /** Returns whether the VM is one of {@link #unreported}. */
    static boolean isUnreported(PassthroughVM vm) {
        return new RecordedStatus(vm.getStatus()).phase().isEmpty()
                && !vm.isMarkedForDeletion()
                && !Undecodable.is(vm)
                && TolerantSpec.runStrategy(vm.getSpec()) != RunStrategy.Halted;
    }

    private static List<String> formerNodes(PassthroughVM vm) {
        return new RecordedStatus(vm.getStatus())
                .formerPods().stream()
                        .map(pod -> pod.nodeName() == null ? UNKNOWN_NODE : pod.nodeName())
                        .distinct()
                        .toList();
    }

    private static List<String> resources(PassthroughVM vm) {
        return List.copyOf(TolerantSpec.deviceCounts(vm.getSpec()).keySet());
    }

    /** Returns whether the VM has a pod without a node. */
    private static boolean waitsForNode(PassthroughVM vm) {
        PassthroughVMStatus status = vm.getStatus();
        return status != null
                && status.phase() == Phase.Pending
                && status.podUID() != null
                && status.nodeName() == null;
    }
}
