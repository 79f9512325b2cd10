package dev.holdfast.api;

/** Names that more than one part of Holdfast, or a user, has to spell the same way. */
public final class Names {
    /** The API group, also the domain of the extended resources and labels. */
    public static final String GROUP = "holdfast.dev";

    /** The version of every custom resource here. */
    public static final String VERSION = "v1alpha1";

    /** Extended resources are this prefix and the name of a PassthroughDeviceClass. */
    public static final String RESOURCE_PREFIX = GROUP + "/";

    /** On every VM pod, {@code "true"}: what the operator and the agent select pods by. */
    public static final String VM_POD_LABEL = GROUP + "/vm-pod";

    /** On every VM pod: the UID of the PassthroughVM that it belongs to. A name could be too long for a label. */
    public static final String VM_UID_LABEL = GROUP + "/vm-uid";

    /** On every VM pod: the name of the PassthroughVM, for Services to select by; not there when it is too long for a label. */
    public static final String VM_NAME_LABEL = GROUP + "/vm-name";

    /** On a PassthroughVM, written by its user, RFC 3339: its machine is restarted when it began before that time. */
    public static final String RESTARTED_AT_ANNOTATION = GROUP + "/restartedAt";

    /** The container of a VM pod that becomes QEMU. */
    public static final String QEMU_CONTAINER = "qemu";

    /** The field manager of the operator's server-side applies. */
    public static final String OPERATOR = "holdfast-operator";

    /** The field manager of an agent's server-side applies. */
    public static final String AGENT = "holdfast-agent";

    private Names() {}

    /** The extended resource of a device class: {@code nvidia-a100} becomes {@code holdfast.dev/nvidia-a100}. */
    public static String resourceOf(String deviceClass) {
        return RESOURCE_PREFIX + deviceClass;
    }
}
