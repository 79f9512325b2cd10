package dev.holdfast.agent.loop;

import dev.holdfast.pci.GroupId;
import java.io.IOException;
import java.util.Map;

/** Reads the groups that pods hold from the kubelet. */
@FunctionalInterface
public interface HeldGroups {
    /**
     * Returns the device class of each group that pods hold, by group ID.
     *
     * @throws IOException when the kubelet is not responding
     */
    Map<GroupId, String> held() throws IOException;
}
