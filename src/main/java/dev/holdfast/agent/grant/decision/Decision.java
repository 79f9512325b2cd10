package dev.holdfast.agent.grant.decision;

import dev.holdfast.api.node.GrantedDevice;
import dev.holdfast.host.kernel.Rlimit;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decision on a request. Messages are for persons: they are logged, reported, and sent to the peers that they are
 * about.
 */
public sealed interface Decision {
    /**
     * The request is granted.
     *
     * @param limitBytes above 0, or {@code Rlimit.INFINITY}
     * @param devices    in the order of the VM's spec, GPUs first
     * @param before     former limit of the process; null before the grant is applied
     */
    record Grant(
            long limitBytes,
            List<GrantedDevice> devices,
            @Nullable Rlimit before) implements Decision {
        public Grant {
            devices = List.copyOf(devices);
        }

        /** Creates a grant that is not applied yet. */
        public Grant(long limitBytes, List<GrantedDevice> devices) {
            this(limitBytes, devices, null);
        }

        public Grant applied(Rlimit former) {
            return new Grant(limitBytes, devices, former);
        }
    }

    /** The request has to wait for a step of the operator or the kubelet that is still to come. */
    record Wait(String message) implements Decision {}

    /** The request is refused; a retry does not help. */
    record Refuse(RefusalCode reason, String message) implements Decision {
        private static final Refuse OUTSIDER = new Refuse(
                RefusalCode.NOT_THIS_POD,
                "the process is not in the pod that it names; only the launcher in a VM's pod gets a grant");

        /** Returns the refusal as it is sent to the peer. */
        public Refuse answered() {
            return reason.concernsOthers() ? OUTSIDER : this;
        }
    }
}
