package dev.holdfast.agent.dra;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.agent.plugin.CdiSpec;
import dev.holdfast.api.Names;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** CDI files of ResourceClaims, one for each claim, in the directory of the container runtime. */
final class ClaimCdiFiles {
    private static final String PREFIX = Names.DRA_DRIVER + "-claim-";
    private static final String SUFFIX = ".json";
    /** UIDs as the API server makes them; a slash would name another directory. */
    private static final Pattern UID = Pattern.compile("[0-9A-Za-z][-0-9A-Za-z]{0,63}");

    private final Path directory;
    private final Path grantDirectory;
    private final DeviceMetadataFiles metadata;
    private final StateFiles files;
    private final ObjectMapper json = new ObjectMapper();

    /**
     * Creates the object; nothing is written yet.
     *
     * @param directory      usually /var/run/cdi; created when missing
     * @param grantDirectory directory of the grant socket on the node
     * @param metadata       files about the devices, which the CDI files mount
     */
    ClaimCdiFiles(Path directory, Path grantDirectory, DeviceMetadataFiles metadata, StateFiles files) {
        this.directory = directory;
        this.grantDirectory = grantDirectory;
        this.metadata = metadata;
        this.files = files;
    }

    /** Returns whether a UID can be in the name of a file. */
    static boolean isUid(String uid) {
        return UID.matcher(uid).matches();
    }

    /** Returns the name of a CDI device as the kubelet gives it to the container runtime. */
    static String qualified(String cdiDevice) {
        return CdiSpec.CLAIM_KIND + "=" + cdiDevice;
    }

    /**
     * Writes the file of a claim; none for a claim without device nodes, since a specification without devices is
     * invalid.
     *
     * @param kvm whether the node has /dev/kvm
     */
    void write(PreparedClaim claim, boolean kvm) throws IOException {
        if (!claim.groups().isEmpty()) {
            metadata.write(claim);
            files.replace(
                    file(claim.uid()), json.writeValueAsBytes(CdiSpec.ofClaim(devices(claim), kvm, grantDirectory)));
        }
    }

    private List<CdiSpec.ClaimDevice> devices(PreparedClaim claim) {
        return claim.devices().stream()
                .flatMap(device -> Stream.ofNullable(device.exclusive())
                        .map(group -> new CdiSpec.ClaimDevice(
                                group.cdiDevice(),
                                group.iommuGroup(),
                                metadata.mount(claim, device).stream().toList())))
                .toList();
    }

    /** Returns whether the file of a claim is there, or the claim needs none. */
    boolean has(PreparedClaim claim) {
        return claim.groups().isEmpty() || Files.exists(file(claim.uid())) && metadata.has(claim);
    }

    /** Deletes the files of a claim if they exist. */
    void delete(String uid) throws IOException {
        if (isUid(uid)) {
            files.delete(file(uid));
            metadata.delete(uid);
        }
    }

    /** Deletes the files of all claims except these, and files that were not finished. */
    void retain(Set<String> uids) throws IOException {
        try (DirectoryStream<Path> found = Files.newDirectoryStream(directory, "{,.}" + PREFIX + "*")) {
            for (Path file : found) {
                String name = file.getFileName().toString();
                if (!name.startsWith(PREFIX)
                        || !name.endsWith(SUFFIX)
                        || !uids.contains(name.substring(PREFIX.length(), name.length() - SUFFIX.length()))) {
                    files.delete(file);
                }
            }
        } catch (NoSuchFileException e) {
            // The directory is created with the first file.
        }
        metadata.retain(uids);
    }

    private Path file(String uid) {
        return directory.resolve(PREFIX + uid + SUFFIX);
    }
}
