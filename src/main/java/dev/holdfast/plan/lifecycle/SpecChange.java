package dev.holdfast.plan.lifecycle;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.plan.machine.MachineSpec;
import dev.holdfast.plan.observed.ReportedNodes;
import dev.holdfast.plan.pod.CloudInitSecret;
import dev.holdfast.plan.pod.KeptSpec;
import dev.holdfast.plan.pod.PodPlan;
import dev.holdfast.plan.pod.VmPod;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Fields of a VM's spec that have changed since its pod was created; the pod keeps the spec that it was created from. Only changes
 * that result in another machine count, not changes of notation, such as a default that an earlier version of the schema wrote
 * into the stored spec. The run strategy is excluded, as it takes effect at once.
 */
final class SpecChange {
    /** Fields that are reported as a whole: their parts are labels and fields of the Pod. */
    private static final Set<String> WHOLES = Set.of("spec.nodeSelector", "spec.affinity");

    private static final String ROOT = "spec";
    private static final String VOLUMES = "spec.volumes";

    private SpecChange() {}

    /**
     * Lists the paths of the fields that differ, in the spec's order; none when the pod would be the same, and none when the pod
     * does not have the spec that it was created from.
     *
     * @param cloudInitHash hash of the data that the pod was created with; empty when there was none
     */
    static List<String> fields(
            ObservedState observed, Pod pod, Optional<String> cloudInitHash, OperatorSettings defaults) {
        PassthroughVM vm = observed.vm();
        Optional<JsonNode> made = KeptSpec.of(pod);
        if (VmPod.isOfGeneration(pod, vm) || vm.getSpec() == null || made.isEmpty()) {
            return List.of();
        }
        // If the pod was created without data, the annotation shows whether there is data now.
        boolean sameData =
                cloudInitHash.isEmpty() || cloudInitHash.equals(observed.valid().flatMap(CloudInitSecret::hash));
        if (sameData && isSamePod(observed, made.get(), defaults)) {
            return List.of();
        }
        List<String> fields = new ArrayList<>(differing(made.get(), KeptSpec.tree(vm.getSpec())));
        if (!sameData && !fields.contains(VOLUMES)) {
            fields.add(VOLUMES);
        }
        return List.copyOf(fields);
    }

    /** Returns the VM with the spec that the pod was created from; the current VM when the pod does not have it. */
    static PassthroughVM madeFrom(PassthroughVM vm, Pod pod) {
        return KeptSpec.of(pod).flatMap(made -> former(vm, made)).orElse(vm);
    }

    private static Optional<PassthroughVM> former(PassthroughVM vm, JsonNode made) {
        return KeptSpec.spec(made).map(spec -> {
            PassthroughVM former = new PassthroughVM();
            former.setMetadata(new ObjectMetaBuilder(vm.getMetadata()).build());
            former.setSpec(spec);
            return former;
        });
    }

    private static boolean isSamePod(ObservedState observed, JsonNode made, OperatorSettings defaults) {
        return former(observed.vm(), made)
                .filter(former -> VmPod.of(former, defaults.pod()) instanceof PodPlan.Ready was
                        && VmPod.of(observed.vm(), observed.machine(), defaults.pod(), ReportedNodes.none(), Set.of())
                                instanceof PodPlan.Ready is
                        && was.pod().getSpec().equals(is.pod().getSpec())
                        && was.memlock().equals(is.memlock()))
                .isPresent();
    }

    private static List<String> differing(JsonNode former, JsonNode present) {
        List<String> paths = new ArrayList<>();
        collect(ROOT, former, present, paths);
        MachineSpec.Result machine = machine(present);
        return paths.stream()
                .filter(path -> !isSame(machine, machine(replaced(present, path, former))))
                .toList();
    }

    private static boolean isSame(MachineSpec.Result one, MachineSpec.Result other) {
        return one instanceof MachineSpec.Valid && one.equals(other);
    }

    private static MachineSpec.Result machine(JsonNode spec) {
        return MachineSpec.of(KeptSpec.spec(spec).orElse(null));
    }

    /** Returns a spec with one field of the former spec. */
    private static JsonNode replaced(JsonNode spec, String path, JsonNode by) {
        ObjectNode copy = spec.deepCopy();
        ObjectNode at = copy;
        JsonNode from = by;
        List<String> names = List.of(path.split("[.]")).subList(1, path.split("[.]").length);
        for (String name : names.subList(0, names.size() - 1)) {
            at = at.withObject(name);
            from = from.path(name);
        }
        JsonNode value = from.path(names.getLast());
        if (value.isMissingNode()) {
            at.remove(names.getLast());
        } else {
            at.set(names.getLast(), value);
        }
        return copy;
    }

    private static void collect(String path, JsonNode former, JsonNode present, List<String> into) {
        if (former.equals(present)) {
            return;
        }
        if (!former.isObject() || !present.isObject() || WHOLES.contains(path)) {
            into.add(path);
            return;
        }
        Set<String> names = new LinkedHashSet<>();
        present.fieldNames().forEachRemaining(names::add);
        former.fieldNames().forEachRemaining(names::add);
        names.forEach(name -> collect(path + "." + name, former.path(name), present.path(name), into));
    }
}
