package dev.holdfast.agent.slice;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.holdfast.agent.slice.PublishedSlice.Pool;
import dev.holdfast.api.Names;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** ResourceSlice as it is written. */
record ResourceSlice(String apiVersion, String kind, Metadata metadata, Spec spec) {
    private static final String NAME_PART = "-vfio-holdfast-dev-";

    /** Maximum length of a generateName; the API server would cut a longer one in any place. */
    private static final int MAX_GENERATE_NAME = 58;

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Metadata(
            @Nullable String name,
            @Nullable String generateName,
            @Nullable String resourceVersion,
            List<Owner> ownerReferences) {}

    record Owner(String apiVersion, String kind, String name, String uid) {}

    record Spec(String driver, Pool pool, String nodeName, List<SliceDevice> devices) {}

    /** Returns a new slice, whose name the API server completes. */
    static ResourceSlice created(String nodeName, String nodeUid, SliceWrite.Create write) {
        return of(
                new Metadata(null, generateName(nodeName), null, owner(nodeName, nodeUid)),
                nodeName,
                write.pool(),
                write.devices());
    }

    /** Returns the slice that replaces one of the same name and version. */
    static ResourceSlice replaced(String nodeName, String nodeUid, SliceWrite.Replace write) {
        return of(
                new Metadata(write.before().name(), null, write.before().version(), owner(nodeName, nodeUid)),
                nodeName,
                write.pool(),
                write.devices());
    }

    private static ResourceSlice of(Metadata metadata, String nodeName, Pool pool, List<SliceDevice> devices) {
        return new ResourceSlice(
                "resource.k8s.io/v1", "ResourceSlice", metadata, new Spec(Names.DRA_DRIVER, pool, nodeName, devices));
    }

    private static List<Owner> owner(String nodeName, String nodeUid) {
        return List.of(new Owner("v1", "Node", nodeName, nodeUid));
    }

    /** Returns the prefix of a name: the node's name, cut after a letter or digit, and the driver's. */
    static String generateName(String nodeName) {
        String node = nodeName.substring(0, Math.min(nodeName.length(), MAX_GENERATE_NAME - NAME_PART.length()));
        return node.replaceFirst("[-.]+$", "") + NAME_PART;
    }
}
