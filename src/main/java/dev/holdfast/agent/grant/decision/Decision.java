package dev.holdfast.agent.grant.decision;

import dev.holdfast.api.node.GrantedDevice;
import dev.holdfast.host.kernel.Rlimit;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What becomes of a request. Messages are for a person: logged, reported, and answered to those whom they concern. */
public sealed interface Decision {
    /**
     * Yes.
     *
     * @param limitBytes above 0, or {@code Rlimit.INFINITY}
     * @param devices    in the order of the VM's spec, gpus first
     * @param before     the limit that the process had; null as long as it has it still
     */
    record Grant(
            long limitBytes,
            List<GrantedDevice> devices,
            @Nullable Rlimit before) implements Decision {
        public Grant {
            devices = List.copyOf(devices);
        }

        /** Decided, not applied. */
        public Grant(long limitBytes, List<GrantedDevice> devices) {
            this(limitBytes, devices, null);
        }

        public Grant applied(Rlimit former) {
            return new Grant(limitBytes, devices, former);
        }
    }

    /** Not yet: somebody else still has to do something, and is expected to. */
    record Wait(String sentence) implements Decision {}

    /** No, and asking again will not help. */
    record Refuse(RefusalReason reason, String sentence) implements Decision {
        private static final Refuse OUTSIDER = new Refuse(
                RefusalReason.NOT_THIS_POD,
                "the process that asks is not in the pod that it names; only the launcher in a VM's pod gets a grant");

        /** Returns what the peer may know of it. */
        public Refuse answered() {
            return reason.concernsOthers() ? OUTSIDER : this;
        }
    }
}
