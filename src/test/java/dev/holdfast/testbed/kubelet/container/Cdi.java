package dev.holdfast.testbed.kubelet.container;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The Container Device Interface as far as a container runtime needs it here: JSON specs, device nodes, mounts and
 * environment. See the CDI specification, 0.6; hooks and the newer fields are not known.
 */
public final class Cdi {
    private final Path directory;
    private final ObjectMapper json = new ObjectMapper();

    public Cdi(Path directory) {
        this.directory = directory;
    }

    /**
     * Returns the edits of the named devices.
     *
     * @param names fully qualified, {@code vendor/class=name}
     */
    public ContainerEdits resolve(Collection<String> names) throws ContainerProblem {
        ContainerEdits edits = ContainerEdits.NONE;
        if (names.isEmpty()) {
            return edits;
        }
        Map<String, List<JsonNode>> known = read();
        for (String name : names) {
            List<JsonNode> parts = known.get(name);
            if (parts == null) {
                throw new ContainerProblem(
                        "CreateContainerError",
                        "CDI device injection failed: unresolvable CDI devices " + name + "; " + directory + " has "
                                + known.keySet() + ".");
            }
            for (JsonNode part : parts) {
                edits = edits.and(edits(part));
            }
        }
        return edits;
    }

    /** The edits of each device: those of its whole spec first, then its own. */
    private Map<String, List<JsonNode>> read() throws ContainerProblem {
        Map<String, List<JsonNode>> devices = new HashMap<>();
        if (!Files.isDirectory(directory)) {
            return devices;
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*.json")) {
            for (Path file : files) {
                JsonNode spec = json.readTree(file.toFile());
                for (JsonNode device : spec.path("devices")) {
                    devices.put(
                            spec.path("kind").asText() + "="
                                    + device.path("name").asText(),
                            List.of(spec.path("containerEdits"), device.path("containerEdits")));
                }
            }
        } catch (IOException e) {
            throw new ContainerProblem("CreateContainerError", "Cannot read CDI specs: " + e.getMessage());
        }
        return devices;
    }

    private static ContainerEdits edits(JsonNode edits) {
        Map<String, String> env = new HashMap<>();
        for (JsonNode variable : edits.path("env")) {
            String text = variable.asText();
            int equals = text.indexOf('=');
            env.put(text.substring(0, equals), text.substring(equals + 1));
        }
        List<ContainerEdits.DeviceNode> nodes = new ArrayList<>();
        for (JsonNode node : edits.path("deviceNodes")) {
            String path = node.path("path").asText();
            nodes.add(new ContainerEdits.DeviceNode(
                    path,
                    node.path("hostPath").asText(path),
                    node.path("permissions").asText("rwm"),
                    integer(node, "uid"),
                    integer(node, "gid"),
                    integer(node, "fileMode")));
        }
        List<ContainerEdits.Mount> mounts = new ArrayList<>();
        for (JsonNode mount : edits.path("mounts")) {
            boolean readOnly = false;
            for (JsonNode option : mount.path("options")) {
                readOnly |= option.asText().equals("ro");
            }
            mounts.add(new ContainerEdits.Mount(
                    mount.path("containerPath").asText(), mount.path("hostPath").asText(), readOnly));
        }
        return new ContainerEdits(env, nodes, mounts);
    }

    private static @Nullable Integer integer(JsonNode node, String field) {
        return Optional.ofNullable(node.get(field))
                .filter(JsonNode::isInt)
                .map(JsonNode::asInt)
                .orElse(null);
    }
}
