package dev.holdfast.launch.disk;

import dev.holdfast.qemu.shape.DiskSource.CloudInit;
import dev.holdfast.qemu.shape.DiskSource.Text;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Files for cloud-init's data source NoCloud. */
final class CloudInitFiles {
    // KubeVirt accepts both spellings.
    private static final List<String> USER = List.of("userdata", "userData");
    private static final List<String> NETWORK = List.of("networkdata", "networkData");

    private CloudInitFiles() {}

    static List<IsoFile> of(CloudInit seed, Function<String, Path> at) throws DiskException, IOException {
        List<IsoFile> files = new ArrayList<>();
        files.add(new IsoFile("meta-data", metaData(seed)));
        files.add(new IsoFile("user-data", read(seed.user(), USER, at)));
        if (seed.network() != null) {
            files.add(new IsoFile("network-config", read(seed.network(), NETWORK, at)));
        }
        return files;
    }

    private static byte[] metaData(CloudInit seed) {
        // Quoted, so that a VM named 123, null or 1.5 has a string as its name. No name has a quote.
        return "instance-id: \"%s\"\nlocal-hostname: \"%s\"\n"
                .formatted(seed.instanceId(), seed.hostname())
                .getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] read(Text text, List<String> keys, Function<String, Path> at)
            throws DiskException, IOException {
        Path directory = at.apply(text.directory());
        var found = MountedKeys.one(directory, keys);
        if (found.isEmpty()) {
            throw new DiskException(
                    MountedKeys.isEmpty(directory)
                            ? "Secret %s not found in the VM's namespace, or empty; create it with the key %s"
                                    .formatted(text.secret(), keys.getFirst())
                            : "the Secret %s has no key %s; add it".formatted(text.secret(), keys.getFirst()));
        }
        return found.get();
    }
}
