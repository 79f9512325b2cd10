package dev.holdfast.agent.loop;

import dev.holdfast.pci.GroupId;
import java.io.IOException;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/** Reads the groups that pods hold from the kubelet and from the driver of claims. */
@FunctionalInterface
public interface HeldGroups {
    /**
     * Groups that pods hold. Which path a group is held by is a part of it: a claim that is released while a round is in
     * progress must not make its group look like one of a device plugin.
     *
     * @param byPlugin class of each group that pods hold by a device plugin, by group ID
     * @param byClaim  class of each group that pods hold by a claim, by group ID
     */
    record Held(Map<GroupId, String> byPlugin, Map<GroupId, String> byClaim) {
        static final Held NONE = new Held(Map.of(), Map.of());

        /** Returns the class of each group, by group ID. */
        Map<GroupId, String> all() {
            Map<GroupId, String> all = new TreeMap<>(byPlugin);
            all.putAll(byClaim);
            return Collections.unmodifiableMap(all);
        }
    }

    /**
     * Returns the groups that pods hold.
     *
     * @throws IOException when the kubelet is not responding, or the claims of the previous agent cannot be read
     */
    Held held() throws IOException;
}
