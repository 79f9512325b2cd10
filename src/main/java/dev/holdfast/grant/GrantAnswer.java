package dev.holdfast.grant;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;

/** Answer of the agent. After {@link Waiting} the connection ends and the launcher sends its request again. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "answer")
@JsonSubTypes({
    @JsonSubTypes.Type(value = GrantAnswer.Granted.class, name = "granted"),
    @JsonSubTypes.Type(value = GrantAnswer.Waiting.class, name = "waiting"),
    @JsonSubTypes.Type(value = GrantAnswer.Refused.class, name = "refused")
})
public sealed interface GrantAnswer {
    /**
     * The limit is in force.
     *
     * @param limitBytes RLIMIT_MEMLOCK of the peer, read back from the kernel after it was set
     * @param devices    in the order of the VM's spec
     */
    record Granted(long limitBytes, List<NamedDevice> devices) implements GrantAnswer {
        public Granted {
            devices = List.copyOf(devices);
        }
    }

    /**
     * The request cannot be decided yet: the plan is not bound to the pod, or the kubelet does not report the devices
     * yet.
     */
    record Waiting(String message) implements GrantAnswer {}

    /**
     * The request is refused; a retry does not help.
     *
     * @param reason  CamelCase, for programs and the metric's label
     * @param message for a person
     */
    record Refused(String reason, String message) implements GrantAnswer {}

    /**
     * One device of the VM's spec on this node.
     *
     * @param pciAddresses the functions of its group that the guest gets, the main one first
     */
    record NamedDevice(String name, List<String> pciAddresses) {
        public NamedDevice {
            pciAddresses = List.copyOf(pciAddresses);
        }
    }
}
