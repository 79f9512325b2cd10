package dev.holdfast.api;

/** Names that several parts of Holdfast, or users, must spell the same way. */
public final class Names {
    /** API group, also the domain of extended resources and labels. */
    public static final String GROUP = "holdfast.dev";

    /** Version of every custom resource. */
    public static final String VERSION = "v1alpha1";

    /** Prefix of extended resources, followed by the name of a PassthroughDeviceClass. */
    public static final String RESOURCE_PREFIX = GROUP + "/";

    /** Name of the driver for Dynamic Resource Allocation; also the domain of its attributes. */
    public static final String DRA_DRIVER = "vfio." + GROUP;

    /**
     * Part of an extended resource that is no device class: it gives a pod what its launcher requires besides devices.
     */
    public static final String GRANT = "grant";

    /** Label of every VM pod, with the value {@code "true"}: operator and agent select pods by it. */
    public static final String VM_POD_LABEL = GROUP + "/vm-pod";

    /** Label of every VM pod: the UID of its PassthroughVM. A name could be too long for a label. */
    public static final String VM_UID_LABEL = GROUP + "/vm-uid";

    /**
     * Label of a VM pod: the name of its PassthroughVM, for the selectors of Services; absent if it is too long for a
     * label.
     */
    public static final String VM_NAME_LABEL = GROUP + "/vm-name";

    /**
     * Annotation that users set on a PassthroughVM, RFC 3339: the VM is restarted if it was started before that time.
     */
    public static final String RESTARTED_AT_ANNOTATION = GROUP + "/restartedAt";

    /** Annotation that {@code holdfast stop} sets on a PassthroughVM: the run strategy that {@code holdfast start} restores. */
    public static final String FORMER_STRATEGY_ANNOTATION = GROUP + "/formerRunStrategy";

    /** Container of a VM pod that becomes QEMU. */
    public static final String QEMU_CONTAINER = "qemu";

    /** Field manager of the operator's server-side applies. */
    public static final String OPERATOR = "holdfast-operator";

    /** Field manager of an agent's server-side applies. */
    public static final String AGENT = "holdfast-agent";

    private Names() {}

    /**
     * Returns the extended resource of a device class: {@code nvidia-a100} becomes {@code holdfast.dev/nvidia-a100}.
     */
    public static String resourceOf(String deviceClass) {
        return RESOURCE_PREFIX + deviceClass;
    }
}
