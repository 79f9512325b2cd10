package dev.holdfast.agent.dra;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.holdfast.pci.GroupId;
import dev.holdfast.text.LogKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * File of the prepared claims, which outlives the agent: a claim may be deleted before its devices are unprepared. A
 * reboot ends all of them.
 */
final class Checkpoint {
    static final String FILE = "checkpoint.json";

    private static final Logger log = LoggerFactory.getLogger(Checkpoint.class);
    private static final ObjectMapper JSON = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    private final Path file;
    private final String bootID;
    private final StateFiles files;

    /** Content of the file. The names are the contract between an agent and the next one. */
    private record Content(String bootID, Map<String, Claim> claims) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    private record Claim(
            String namespace, String name, @Nullable String podClaimName, List<Device> devices) {
        static Claim of(PreparedClaim claim) {
            return new Claim(
                    claim.namespace(),
                    claim.name(),
                    claim.podClaimName(),
                    claim.devices().stream().map(Device::of).toList());
        }

        PreparedClaim read(String uid) {
            return new PreparedClaim(
                    uid,
                    Objects.requireNonNull(namespace, "claim without namespace"),
                    Objects.requireNonNull(name, "claim without name"),
                    podClaimName,
                    devices.stream().map(Device::read).toList());
        }
    }

    private record Device(
            String device, String request, @Nullable Exclusive exclusive) {
        static Device of(PreparedClaim.Device device) {
            PreparedClaim.Exclusive group = device.exclusive();
            return new Device(
                    device.device(),
                    device.request(),
                    group == null
                            ? null
                            : new Exclusive(
                                    group.group().toString(),
                                    group.deviceClass(),
                                    group.iommuGroup(),
                                    group.cdiDevice()));
        }

        PreparedClaim.Device read() {
            return new PreparedClaim.Device(
                    Objects.requireNonNull(device, "device without name"),
                    Objects.requireNonNull(request, "device without request"),
                    exclusive == null ? null : exclusive.read());
        }
    }

    private record Exclusive(String group, String deviceClass, int iommuGroup, String cdiDevice) {
        PreparedClaim.Exclusive read() {
            return new PreparedClaim.Exclusive(
                    GroupId.parse(group).orElseThrow(),
                    Objects.requireNonNull(deviceClass, "device without class"),
                    iommuGroup,
                    Objects.requireNonNull(cdiDevice, "device without CDI device"));
        }
    }

    /**
     * Creates the object; nothing is read or written yet.
     *
     * @param directory directory of the driver
     * @param bootID    boot ID of the running kernel
     */
    Checkpoint(Path directory, String bootID, StateFiles files) {
        this.file = directory.resolve(FILE);
        this.bootID = bootID;
        this.files = files;
    }

    /** Returns whether there is a file, of whichever boot: then the driver was used on this node. */
    boolean exists() {
        return Files.exists(file);
    }

    /**
     * Reads the claims of the previous agent. A file that is damaged, or of another boot, is logged and counts as
     * empty.
     *
     * @throws IOException when the file cannot be read
     */
    List<PreparedClaim> read() throws IOException {
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            return List.of();
        }
        try {
            return claims(JSON.readValue(bytes, Content.class));
        } catch (IOException | RuntimeException e) {
            log.atWarn()
                    .addKeyValue("file", file)
                    .addKeyValue(LogKeys.ERROR, e.getMessage())
                    .log("the file of prepared claims is damaged; devices of running VMs are found by their grants, and"
                            + " a pod that was about to start must be deleted, so that it is scheduled again");
            return List.of();
        }
    }

    /** Deletes a file that a killed agent did not finish. */
    void deleteUnfinished() throws IOException {
        files.delete(StateFiles.temporary(file));
    }

    /** Writes these claims and no others. */
    void write(Collection<PreparedClaim> claims) throws IOException {
        Map<String, Claim> byUid = new TreeMap<>();
        claims.forEach(claim -> byUid.put(claim.uid(), Claim.of(claim)));
        try {
            files.replace(file, JSON.writeValueAsBytes(new Content(bootID, byUid)));
        } catch (IOException e) {
            throw new IOException(
                    "cannot write the prepared claims to " + file + " (" + e
                            + "); set a writable directory with --plugin-directory",
                    e);
        }
    }

    private List<PreparedClaim> claims(Content content) {
        if (!Objects.requireNonNull(content.bootID(), "no bootID").equals(bootID)) {
            log.atInfo().addKeyValue("file", file).log("ignored prepared claims of a former boot, which ended with it");
            return List.of();
        }
        return content.claims().entrySet().stream()
                .map(claim -> claim.getValue().read(claim.getKey()))
                .toList();
    }
}
