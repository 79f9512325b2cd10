package dev.holdfast.convert.kubevirt;

import dev.holdfast.convert.tree.Part;

/** The kinds that hold a machine, by where in them it is. */
public enum VmKind {
    /** {@code spec.template.spec}, and when it runs. */
    VIRTUAL_MACHINE,
    /** {@code spec} itself. */
    INSTANCE,
    /** {@code spec.template.spec}, in several replicas. */
    REPLICA_SET,
    /** {@code spec.virtualMachineTemplate}, a VirtualMachine, in several replicas. */
    POOL,
    /** Ours, with a spec of ours. */
    PASSTHROUGH_VM,
    /** Not a machine. */
    OTHER;

    /**
     * The kind of an object, by what is in it where only the kind was changed: a PassthroughVM with KubeVirt's
     * {@code template} or {@code domain}.
     */
    public static VmKind of(Part object) {
        String kind = object.field("kind").peek().orElse("");
        String apiVersion = object.field("apiVersion").peek().orElse("");
        if (KubeVirtImport.isHoldfast(apiVersion) && kind.equals("PassthroughVM")) {
            Part spec = object.field("spec");
            if (spec.field("template").present()) {
                return VIRTUAL_MACHINE;
            }
            return spec.field("domain").present() ? INSTANCE : PASSTHROUGH_VM;
        }
        if (!KubeVirtImport.isKubeVirt(apiVersion)) {
            return OTHER;
        }
        return switch (kind) {
            case "VirtualMachine" -> VIRTUAL_MACHINE;
            case "VirtualMachineInstance" -> INSTANCE;
            case "VirtualMachineInstanceReplicaSet" -> REPLICA_SET;
            case "VirtualMachinePool" -> POOL;
            default -> OTHER;
        };
    }
}
