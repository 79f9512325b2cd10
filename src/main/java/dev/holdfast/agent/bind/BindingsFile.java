package dev.holdfast.agent.bind;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.holdfast.pci.GroupId;
import dev.holdfast.pci.PciAddress;
import dev.holdfast.text.LogKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Record of the bound groups and their former drivers, in a file that outlives the agent. A reboot removes it, as it
 * undoes the bindings. Thread-safe.
 */
final class BindingsFile {
    private static final Logger log = LoggerFactory.getLogger(BindingsFile.class);
    private static final String FILE = "bindings.json";
    private static final ObjectMapper JSON = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    private final Path directory;
    private final String bootID;
    private final Map<GroupId, BoundGroup> groups = new TreeMap<>();

    /** Content of the file. The names are the contract between an agent and the next one. */
    private record Content(String bootID, List<Group> groups) {}

    private record Group(String id, String deviceClass, String time, List<Function> functions) {}

    private record Function(
            String address,
            @Nullable String driver,
            @Nullable String override) {}

    private BindingsFile(Path directory, String bootID) {
        this.directory = directory;
        this.bootID = bootID;
    }

    /**
     * Reads the file of the previous agent. A file that is damaged, or of another boot, is logged and counts as empty.
     */
    static BindingsFile in(Path directory, String bootID) {
        BindingsFile bindings = new BindingsFile(directory, bootID);
        Path file = directory.resolve(FILE);
        try {
            Content content = JSON.readValue(Files.readAllBytes(file), Content.class);
            if (content.bootID().equals(bootID)) {
                content.groups().stream()
                        .map(BindingsFile::group)
                        .forEach(group -> bindings.groups.put(group.id(), group));
            } else {
                log.atInfo()
                        .addKeyValue(LogKeys.FILE, file)
                        .log("ignored bindings of a former boot, which ended with it");
            }
        } catch (NoSuchFileException e) {
            log.debug("no bindings file");
        } catch (IOException | RuntimeException e) {
            bindings.groups.clear();
            log.atWarn()
                    .addKeyValue(LogKeys.FILE, file)
                    .addKeyValue(LogKeys.ERROR, e.getMessage())
                    .log("the file of former drivers is damaged; devices that were bound before stay on vfio-pci"
                            + " until the node is rebooted or you give them back by hand");
        }
        return bindings;
    }

    synchronized List<BoundGroup> all() {
        return List.copyOf(groups.values());
    }

    synchronized @Nullable BoundGroup find(GroupId groupId) {
        return groups.get(groupId);
    }

    /**
     * Records a group and its former drivers. Nothing may be changed before this has returned.
     *
     * @throws IOException when the file cannot be written; the message names the file
     */
    synchronized void remember(BoundGroup group) throws IOException {
        BoundGroup before = groups.put(group.id(), group);
        try {
            write();
        } catch (IOException e) {
            if (before == null) {
                groups.remove(group.id());
            } else {
                groups.put(group.id(), before);
            }
            throw e;
        }
    }

    /**
     * Removes a group that has been given back. When the file cannot be written the group stays recorded, as in the
     * file.
     *
     * @throws IOException when the file cannot be written; the message names the file
     */
    synchronized void forget(GroupId groupId) throws IOException {
        BoundGroup before = groups.remove(groupId);
        if (before == null) {
            return;
        }
        try {
            write();
        } catch (IOException e) {
            groups.put(groupId, before);
            throw e;
        }
    }

    private void write() throws IOException {
        Path file = directory.resolve(FILE);
        try {
            Files.createDirectories(directory);
            Path temporary = directory.resolve("." + FILE + ".new");
            Files.write(
                    temporary,
                    JSON.writeValueAsBytes(new Content(
                            bootID,
                            groups.values().stream().map(BindingsFile::group).toList())));
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new IOException(
                    "cannot write the former drivers to " + file + " (" + e + "); set a writable directory with"
                            + " --state-directory",
                    e);
        }
    }

    private static Group group(BoundGroup group) {
        return new Group(
                group.id().toString(),
                group.deviceClass(),
                group.time().toString(),
                group.functions().stream()
                        .map(function ->
                                new Function(function.address().toString(), function.driver(), function.override()))
                        .toList());
    }

    private static BoundGroup group(Group group) {
        return new BoundGroup(
                new GroupId(PciAddress.parse(group.id())),
                group.deviceClass(),
                group.functions().stream()
                        .map(function -> new FormerDriver(
                                PciAddress.parse(function.address()), function.driver(), function.override()))
                        .toList(),
                Instant.parse(group.time()));
    }
}
