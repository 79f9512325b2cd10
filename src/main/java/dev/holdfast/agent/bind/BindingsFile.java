package dev.holdfast.agent.bind;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.holdfast.host.pci.PciAddress;
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
 * What was bound and has to be given back, in a file that an agent's death does not touch and a reboot removes, as it
 * undoes the bindings themselves. For several threads.
 */
final class BindingsFile {
    private static final Logger log = LoggerFactory.getLogger(BindingsFile.class);
    private static final String FILE = "bindings.json";
    private static final ObjectMapper JSON = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    private final Path directory;
    private final String bootID;
    private final Map<String, BoundGroup> groups = new TreeMap<>();

    /** The file's form. Names are the contract between an agent and the next one. */
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
     * Reads what an agent before this one left. A file that is damaged, or of another boot, is told of and counts as
     * empty.
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
                        .addKeyValue("file", file)
                        .log("found bindings of another boot, which ended with it; starting without");
            }
        } catch (NoSuchFileException e) {
            log.debug("nothing was bound before");
        } catch (IOException | RuntimeException e) {
            bindings.groups.clear();
            log.atWarn()
                    .addKeyValue("file", file)
                    .addKeyValue("error", e.getMessage())
                    .log("found the file of former drivers damaged; devices that were bound before stay on vfio-pci"
                            + " until the node is booted or you give them back by hand");
        }
        return bindings;
    }

    synchronized List<BoundGroup> all() {
        return List.copyOf(groups.values());
    }

    synchronized @Nullable BoundGroup find(String groupId) {
        return groups.get(groupId);
    }

    /**
     * Writes down how a group was. Nothing may be changed before this has returned.
     *
     * @throws IOException with a sentence for a person
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
     * The group is as it was. When that cannot be written it stays remembered, as the file has it.
     *
     * @throws IOException with a sentence for a person
     */
    synchronized void forget(String groupId) throws IOException {
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
                    "cannot write the former drivers down in " + file + " (" + e + "); give a directory that can be"
                            + " written by --state-directory",
                    e);
        }
    }

    private static Group group(BoundGroup group) {
        return new Group(
                group.id(),
                group.deviceClass(),
                group.time().toString(),
                group.functions().stream()
                        .map(function ->
                                new Function(function.address().toString(), function.driver(), function.override()))
                        .toList());
    }

    private static BoundGroup group(Group group) {
        return new BoundGroup(
                PciAddress.parse(group.id()).toString(),
                group.deviceClass(),
                group.functions().stream()
                        .map(function -> new FormerDriver(
                                PciAddress.parse(function.address()), function.driver(), function.override()))
                        .toList(),
                Instant.parse(group.time()));
    }
}
