package dev.holdfast.convert.kubevirt;

import dev.holdfast.convert.draft.DeviceClasses;
import dev.holdfast.convert.draft.Draft;
import dev.holdfast.convert.draft.NotConvertibleException;
import dev.holdfast.convert.draft.Notes;
import dev.holdfast.convert.draft.Values;
import dev.holdfast.convert.tree.Part;
import java.util.Map;

/** Reader of one object with a machine, from its metadata to its devices. */
final class VmReader {
    private static final Map<String, String> RUN_STRATEGIES = Map.of(
            "Always", "Always",
            "RerunOnFailure", "RerunOnFailure",
            "Once", "Once",
            "Halted", "Halted");

    private final Part object;
    private final VmKind kind;
    private final Notes notes;
    private final Values values;
    private final DeviceClasses classes;
    private final DeviceIds ids;
    private final Draft draft = new Draft();

    VmReader(Part object, VmKind kind, Notes notes, DeviceClasses classes, DeviceIds ids) {
        this.object = object;
        this.kind = kind;
        this.notes = notes;
        this.values = new Values(notes);
        this.classes = classes;
        this.ids = ids;
    }

    Draft read() throws NotConvertibleException {
        object.field("apiVersion").done();
        object.field("kind").done();
        Part spec = object.field("spec");
        MetadataReader metadata = new MetadataReader(draft, notes);
        metadata.read(object.field("metadata"));
        Part machine = switch (kind) {
            case INSTANCE -> spec;
            case POOL -> template(metadata, spec.field("virtualMachineTemplate"), true);
            default -> template(metadata, spec, false);
        };
        metadata.write();
        runStrategy(kind == VmKind.POOL ? spec.field("virtualMachineTemplate").field("spec") : spec);
        replicas(spec);
        new InstanceReader(machine, draft, notes, classes, ids).read();
        Reasons.report(object, notes);
        return draft;
    }

    /**
     * Returns the VMI's spec in a template. The template's metadata are those of the pod, which gets them from the
     * PassthroughVM's own metadata.
     */
    private static Part template(MetadataReader metadata, Part outer, boolean pool) throws NotConvertibleException {
        if (pool) {
            metadata.readTemplate(outer.field("metadata"));
        }
        Part template = (pool ? outer.field("spec") : outer).field("template");
        if (!template.field("spec").present()) {
            throw new NotConvertibleException("%s not found, must be present; use the complete object"
                    .formatted(template.field("spec").path()));
        }
        metadata.readTemplate(template.field("metadata"));
        return template.field("spec");
    }

    private void runStrategy(Part spec) {
        if (kind == VmKind.INSTANCE) {
            // KubeVirt starts an instance once; a PassthroughVM with such a spec can have its own run strategy.
            draft.put("spec.runStrategy", "Once");
        }
        if (kind == VmKind.REPLICA_SET) {
            return;
        }
        Part strategy = spec.field("runStrategy");
        Part running = spec.field("running");
        if (strategy.is("Manual")) {
            notes.changed(
                    strategy,
                    "Manual was replaced by Halted, because start and stop requests are not supported; set Always,"
                            + " RerunOnFailure or Once to start the VM");
            draft.put("spec.runStrategy", "Halted");
        } else if (strategy.present()) {
            values.choice(strategy, RUN_STRATEGIES, "use Always, RerunOnFailure, Once or Halted")
                    .ifPresent(found -> draft.put("spec.runStrategy", found));
        } else {
            values.bool(running).ifPresent(on -> draft.put("spec.runStrategy", on ? "Always" : "Halted"));
        }
    }

    private void replicas(Part spec) {
        if (kind == VmKind.REPLICA_SET || kind == VmKind.POOL) {
            Part replicas = spec.field("replicas");
            if (!replicas.is("1")) {
                notes.notCarriedOver(
                        replicas, "a PassthroughVM is one VM; create one for each replica, with its own name");
            }
        }
    }
}
