package dev.holdfast.testbed.kubelet.container;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The images that this node has, from a file: {@code {"name": {"root": "/", "mounts": {"/opt/holdfast": "/dist"}}}}.
 * A container gets a private, writable copy of root; an image volume is root itself, read-only.
 */
public final class Images {
    private final Map<String, Image> images;

    Images(Map<String, Image> images) {
        this.images = Map.copyOf(images);
    }

    /**
     * @param root   a directory of the node
     * @param mounts directories of the node by their place in the image, read-only
     */
    public record Image(String root, Map<String, String> mounts) {
        public Image(String root, @Nullable Map<String, String> mounts) {
            this.root = root;
            this.mounts = mounts == null ? Map.of() : Map.copyOf(mounts);
        }
    }

    public static Images read(Path file) throws IOException {
        return new Images(new ObjectMapper().readValue(file.toFile(), new TypeReference<Map<String, Image>>() {}));
    }

    public Image require(String name) throws ContainerProblem {
        Image image = images.get(name);
        if (image == null) {
            throw new ContainerProblem(
                    "ErrImagePull", "The node has no image " + name + "; its images are " + images.keySet() + ".");
        }
        return image;
    }
}
