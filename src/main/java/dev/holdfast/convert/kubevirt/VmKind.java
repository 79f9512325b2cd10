package dev.holdfast.convert.kubevirt;

import dev.holdfast.convert.tree.Part;

/** Kinds of objects, by the location of the machine in them. */
public enum VmKind {
    /** {@code spec.template.spec}, with a run strategy. */
    VIRTUAL_MACHINE,
    /** {@code spec} itself. */
    INSTANCE,
    /** {@code spec.template.spec}, in several replicas. */
    REPLICA_SET,
    /** {@code spec.virtualMachineTemplate}, a VirtualMachine, in several replicas. */
    POOL,
    /** A PassthroughVM with its own spec. */
    PASSTHROUGH_VM,
    /** An object without a machine. */
    OTHER;

    /**
     * Returns the kind of an object. A PassthroughVM with KubeVirt's {@code template} or {@code domain}, of which only
     * the kind was changed, is recognized by these fields.
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
