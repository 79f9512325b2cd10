package dev.holdfast.agent.plugin;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.agent.DeviceGroup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Collection;

/** Where the container runtime looks for CDI specs, and our one file in it. */
public final class CdiDirectory {
    private static final String FILE = "holdfast.dev-vfio.json";

    private final Path directory;
    private final ObjectMapper json = new ObjectMapper();
    private byte[] written = {};

    /**
     * Writes nothing yet.
     *
     * @param directory usually /var/run/cdi; made when it is not there
     */
    public CdiDirectory(Path directory) {
        this.directory = directory;
    }

    /**
     * Makes the file say this, in one step for whoever reads it meanwhile; does nothing when it does already.
     *
     * @param groups viable ones; for none of them the file is removed, since a spec without devices is invalid
     * @param kvm    whether the node has /dev/kvm
     */
    public void write(Collection<DeviceGroup> groups, boolean kvm) throws IOException {
        Path file = directory.resolve(FILE);
        if (groups.isEmpty()) {
            Files.deleteIfExists(file);
            return;
        }
        byte[] wanted = json.writeValueAsBytes(CdiSpec.of(groups, kvm));
        if (Arrays.equals(wanted, written) && Files.exists(file)) {
            return;
        }
        Files.createDirectories(directory);
        // Runtimes read only names that end in .json or .yaml, so they pass over the temporary file.
        Path temporary = directory.resolve("." + FILE + ".new");
        Files.write(temporary, wanted);
        Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rw-r--r--"));
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        written = wanted;
    }
}
