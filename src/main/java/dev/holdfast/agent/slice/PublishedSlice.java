package dev.holdfast.agent.slice;

import java.util.List;

/**
 * ResourceSlice of this driver and node as it was read, reduced to the fields that the agent writes.
 *
 * @param name    name of the object
 * @param version resourceVersion
 * @param owner   UID of the Node that owns it; empty for none
 * @param node    node whose devices of this driver it has; empty for other slices, which are ignored
 * @param pool    pool that it is a part of
 * @param devices in their order
 */
record PublishedSlice(String name, String version, String owner, String node, Pool pool, List<SliceDevice> devices) {
    PublishedSlice {
        devices = List.copyOf(devices);
    }

    /**
     * State of a pool, the same in all of its slices.
     *
     * @param generation         a consumer uses only the slices of the highest one
     * @param resourceSliceCount number of these slices; with fewer of them the pool is incomplete
     */
    record Pool(String name, long generation, long resourceSliceCount) {}
}
