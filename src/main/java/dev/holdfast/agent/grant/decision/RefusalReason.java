package dev.holdfast.agent.grant.decision;

/** Why a peer is sent away for good. What may mend itself is a wait instead. */
public enum RefusalReason {
    /** No request, an endless one, or one that did not come in time. */
    GARBAGE("Garbage"),
    /** The peer is in no pod of this node. */
    OUTSIDE_ANY_POD("OutsideAnyPod"),
    /** The peer is in a pod, but not in the one that it speaks for. */
    NOT_THIS_POD("NotThisPod"),
    /** The kubelet has given none of our devices to the pod that the peer speaks for. */
    HOLDS_NO_DEVICE("HoldsNoDevice"),
    /** The peer came into the container later: {@code kubectl exec}, or a child of the launcher. */
    NOT_FIRST_PROCESS("NotFirstProcess"),
    /** The peer is in another container of the pod: {@code kubectl debug}. */
    OTHER_CONTAINER("OtherContainer"),
    POD_NOT_FOUND("PodNotFound"),
    OTHER_NODE("OtherNode"),
    POD_DELETED("PodDeleted"),
    VM_NOT_FOUND("VmNotFound"),
    VM_DELETED("VmDeleted"),
    /** The pod is not controlled by the VM, or by a former VM of that name. */
    FORGED_OWNER("ForgedOwner"),
    /** The VM is bound to a pod of another name. */
    NOT_BOUND("NotBound"),
    /** The pod has had its grant. */
    SECOND_PROCESS("SecondProcess"),
    /** The VM's spec is no longer the one that its pod was made from. */
    SPEC_CHANGED("SpecChanged"),
    /** The kubelet gave the pod a device that is not on this node any more. */
    DEVICE_GONE("DeviceGone"),
    /** The plan in the VM's status names no limit. */
    UNUSABLE_PLAN("UnusablePlan"),
    /** A measurement that no machine could have made. */
    ABSURD_MEASUREMENT("AbsurdMeasurement"),
    /** A measurement beyond the plan's maximum. */
    MORE_THAN_MAX("MoreThanMax"),
    /** The peer ended, or its number came to mean another process. */
    PROCESS_GONE("ProcessGone"),
    /** The kernel did not do as it was told. */
    NOT_APPLIED("NotApplied");

    private final String code;

    RefusalReason(String code) {
        this.code = code;
    }

    /** CamelCase: in the answer, in the audit log and in the metric's tag. */
    public String code() {
        return code;
    }

    /**
     * Whether it says something of a pod that the peer is not in: whether that exists, is on this node, or holds devices.
     * Such a peer gets one answer, whatever the reason is.
     */
    boolean concernsOthers() {
        return this == NOT_THIS_POD || this == HOLDS_NO_DEVICE || this == POD_NOT_FOUND;
    }
}
