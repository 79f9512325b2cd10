package dev.holdfast.agent.plugin;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.inventory.DeviceGroup;
import dev.holdfast.pci.GroupId;
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
 * Directory of CDI specifications, with the one file of Holdfast.
 *
 * <p>A runtime may get device names from other sources than the kubelet: NVIDIA's takes CDI names from an environment
 * variable of any container. So names end in 128 random bits, which only the kubelet is given and only root can read.
 * The next agent keeps them, since the kubelet keeps its answers for containers that are still to start; a reboot
 * creates new ones.
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
     * Creates the directory object; nothing is written yet. The names of an existing file are kept.
     *
     * @param directory usually /var/run/cdi; created when missing
     */
    public CdiDirectory(Path directory) {
        this.directory = directory;
        secret = formerSecret().orElseGet(CdiDirectory::newSecret);
    }

    /** Returns the CDI name of a group for the answer to Allocate. Thread-safe. */
    public String qualified(GroupId groupId) {
        return CdiSpec.KIND + "=" + name(groupId);
    }

    /**
     * Writes the file atomically, if it changes.
     *
     * @param groups viable groups; without any the file is removed, since a specification without devices is invalid
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
        // Runtimes read only names that end in .json or .yaml, so they ignore the temporary file.
        Path temporary = directory.resolve("." + FILE + ".new");
        Files.write(temporary, wanted);
        Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rw-------"));
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        written = wanted;
    }

    private String name(GroupId groupId) {
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
