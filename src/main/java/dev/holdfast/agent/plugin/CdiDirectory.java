package dev.holdfast.agent.plugin;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.inventory.DeviceGroup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Collection;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where the container runtime looks for CDI specs, and our one file in it.
 *
 * <p>A runtime may be told a device by others than the kubelet: NVIDIA's takes CDI names from an environment variable of
 * any container. So names end in 128 random bits, which only the kubelet is told and only root can read. They stay for the
 * next agent, as the kubelet keeps its answers for containers that are still to start; a reboot makes new ones.
 */
public final class CdiDirectory {
    private static final String FILE = "holdfast.dev-vfio.json";
    private static final Pattern NAME = Pattern.compile(".*-([0-9a-f]{32})");
    private static final int SECRET_BYTES = 16;

    private final Path directory;
    private final ObjectMapper json = new ObjectMapper();
    private final String secret;
    private byte[] written = {};

    /**
     * Writes nothing yet; goes on with the names of the file that is there.
     *
     * @param directory usually /var/run/cdi; made when it is not there
     */
    public CdiDirectory(Path directory) {
        this.directory = directory;
        secret = formerSecret().orElseGet(CdiDirectory::newSecret);
    }

    /** Returns the name that Allocate answers with for a group. Thread-safe. */
    public String qualified(String groupId) {
        return CdiSpec.KIND + "=" + name(groupId);
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
        byte[] wanted = json.writeValueAsBytes(CdiSpec.of(groups, kvm, this::name));
        if (Arrays.equals(wanted, written) && Files.exists(file)) {
            return;
        }
        Files.createDirectories(directory);
        // Runtimes read only names that end in .json or .yaml, so they pass over the temporary file.
        Path temporary = directory.resolve("." + FILE + ".new");
        Files.write(temporary, wanted);
        Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rw-------"));
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        written = wanted;
    }

    private String name(String groupId) {
        return groupId + "-" + secret;
    }

    private Optional<String> formerSecret() {
        try {
            return Optional.of(
                            NAME.matcher(json.readTree(directory.resolve(FILE).toFile())
                                    .at("/devices/0/name")
                                    .asText()))
                    .filter(Matcher::matches)
                    .map(name -> name.group(1));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static String newSecret() {
        byte[] bytes = new byte[SECRET_BYTES];
        new SecureRandom().nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }
}
