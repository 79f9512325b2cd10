package dev.holdfast.agent.grant;

import dev.holdfast.api.PassthroughNodeStatus.GrantedDevice;
import java.util.List;

/** What becomes of a request. Sentences are for a person and are logged, answered and reported alike. */
public sealed interface Decision {
    /**
     * Yes.
     *
     * @param limitBytes above 0, or {@code Rlimit.INFINITY}
     * @param devices    in the order of the VM's spec, gpus first
     */
    record Grant(long limitBytes, List<GrantedDevice> devices) implements Decision {
        public Grant {
            devices = List.copyOf(devices);
        }
    }

    /** Not yet: somebody else still has to do something, and is expected to. */
    record Wait(String sentence) implements Decision {}

    /** No, and asking again will not help. */
    record Refuse(RefusalReason reason, String sentence) implements Decision {}
}
