package dev.holdfast.agent.grant.decision;

/** Reasons of a refusal that is final. Obstacles that can vanish by themselves lead to a wait instead. */
public enum RefusalCode {
    /** The input is not a request, is too long, or did not come in time. */
    GARBAGE("Garbage"),
    /** The peer is in no pod of this node. */
    OUTSIDE_ANY_POD("OutsideAnyPod"),
    /** The peer is in a pod, but not in the one that it names. */
    NOT_THIS_POD("NotThisPod"),
    /** The kubelet has allocated no device of Holdfast to the pod that the peer names. */
    HOLDS_NO_DEVICE("HoldsNoDevice"),
    /** The peer was started in the container later: {@code kubectl exec}, or a child of the launcher. */
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
    /** The pod has already got its grant. */
    SECOND_PROCESS("SecondProcess"),
    /** The VM's spec is no longer the one that its pod was made from. */
    SPEC_CHANGED("SpecChanged"),
    /** The kubelet allocated a device that is no longer on this node. */
    DEVICE_GONE("DeviceGone"),
    /** A ResourceClaim of the pod does not allocate exactly one device of this node to the pod alone. */
    CLAIM_NOT_USABLE("ClaimNotUsable"),
    /** The plan in the VM's status has no valid limit. */
    UNUSABLE_PLAN("UnusablePlan"),
    /** The measurement is not possible on any machine. */
    ABSURD_MEASUREMENT("AbsurdMeasurement"),
    /** The measurement exceeds the plan's maximum. */
    MORE_THAN_MAX("MoreThanMax"),
    /** The peer has ended, or its pid belongs to another process now. */
    PROCESS_GONE("ProcessGone"),
    /** The kernel refused the limit or reports another one. */
    NOT_APPLIED("NotApplied");

    private final String code;

    RefusalCode(String code) {
        this.code = code;
    }

    /** Returns the code word, CamelCase, of the answer, the audit log and the metric's label. */
    public String code() {
        return code;
    }

    /**
     * Returns whether the reason discloses something about a pod that the peer is not in: whether it exists, is on this
     * node, or holds devices. Such a peer gets the same answer for each of these reasons.
     */
    boolean concernsOthers() {
        return this == NOT_THIS_POD || this == HOLDS_NO_DEVICE || this == POD_NOT_FOUND;
    }
}
