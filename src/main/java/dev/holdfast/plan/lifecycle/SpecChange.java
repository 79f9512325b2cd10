package dev.holdfast.plan.lifecycle;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.plan.machine.MachineSpec;
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
 * Fields of a VM's spec that have changed since its pod was made: the pod keeps the spec that it was made from. A field
 * counts that makes another machine, not one that says the same in other words, such as a default that a former version
 * of the schema wrote into the stored spec. The run strategy is left out, as it holds at once.
 */
final class SpecChange {
    /** Reported as a whole: their parts are labels and the Pod's own fields. */
    private static final Set<String> WHOLES = Set.of("spec.nodeSelector", "spec.affinity");

    private static final String ROOT = "spec";
    private static final String VOLUMES = "spec.volumes";

    private SpecChange() {}

    /**
     * Lists the fields that differ, by path, in the spec's order; none when the pod would be the same, and none when it
     * does not say what it was made from.
     *
     * @param cloudInitHash of the data that the pod was made with; empty when there was none
     */
    static List<String> fields(
            ObservedState observed, Pod pod, Optional<String> cloudInitHash, OperatorSettings defaults) {
        PassthroughVM vm = observed.vm();
        Optional<JsonNode> made = KeptSpec.of(pod);
        if (VmPod.isOfGeneration(pod, vm) || vm.getSpec() == null || made.isEmpty()) {
            return List.of();
        }
        // Where there was no data, the annotation tells that there is now.
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

    /** The VM as it was when the pod was made; as it is now when the pod does not tell. */
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
                        && VmPod.of(observed.vm(), observed.machine(), defaults.pod(), List.of(), Set.of())
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

    /** A spec with one field as it was. */
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
