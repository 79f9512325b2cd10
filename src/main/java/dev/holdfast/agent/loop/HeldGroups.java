package dev.holdfast.agent.loop;

import java.io.IOException;
import java.util.Map;

/** Reads from the kubelet which groups pods hold. */
@FunctionalInterface
public interface HeldGroups {
    /**
     * Returns the device class by group ID of everything that pods hold.
     *
     * @throws IOException when the kubelet does not respond
     */
    Map<String, String> held() throws IOException;
}
