package dev.holdfast.agent.dra;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.agent.plugin.CdiSpec.Mount;
import dev.holdfast.api.DnsNames;
import dev.holdfast.api.Names;
import dev.holdfast.api.StandardAttributes;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Device metadata of KEP-5304: a file for each request of a claim, from which a program in the container reads which PCI
 * function it has got. The path in the container and the content are those of Kubernetes' library for drivers
 * (k8s.io/dynamic-resource-allocation/kubeletplugin) and of KubeVirt's reader; the path on the node is Holdfast's own.
 */
final class DeviceMetadataFiles {
    private static final String CONTAINER_DIRECTORY = "/var/run/kubernetes.io/dra-device-attributes";
    private static final String SUFFIX = ".json";
    /** Names of requests and of claims in a pod. The author of a claim can write others, and a slash changes a path. */
    private static final Pattern LABEL = Pattern.compile(DnsNames.LABEL_63);

    private final Path directory;
    private final String node;
    private final StateFiles files;
    private final ObjectMapper json = new ObjectMapper();

    /**
     * Creates the object; nothing is written yet.
     *
     * @param plugin directory of the driver, with the same path as on the node
     * @param node   name of the node, and of its pool
     */
    DeviceMetadataFiles(Path plugin, String node, StateFiles files) {
        this.directory = plugin.resolve("dra-device-metadata");
        this.node = node;
        this.files = files;
    }

    /** Returns whether a name can be a part of a path. */
    static boolean isName(String name) {
        return LABEL.matcher(name).matches();
    }

    /** Writes the files of a claim, which every user of a container can read. */
    void write(PreparedClaim claim) throws IOException {
        for (Map.Entry<String, List<PreparedClaim.Device>> request :
                requests(claim).entrySet()) {
            Path file = file(claim, request.getKey());
            // A stream of objects, one for each version of the format.
            files.replace(file, json.writeValueAsBytes(content(claim, request.getKey(), request.getValue())));
            files.share(file);
        }
    }

    /** Returns whether all files of a claim are there. */
    boolean has(PreparedClaim claim) {
        return requests(claim).keySet().stream().allMatch(request -> Files.exists(file(claim, request)));
    }

    /** Returns the mount of the file about a device; empty unless the device is the first of its request. */
    Optional<Mount> mount(PreparedClaim claim, PreparedClaim.Device device) {
        List<PreparedClaim.Device> devices = requests(claim).getOrDefault(device.request(), List.of());
        if (devices.isEmpty() || !devices.getFirst().equals(device)) {
            return Optional.empty();
        }
        String path = claim.podClaimName() == null
                ? "resourceclaims/" + claim.name()
                : "resourceclaimtemplates/" + claim.podClaimName();
        return Optional.of(new Mount(
                file(claim, device.request()).toString(),
                CONTAINER_DIRECTORY + "/" + path + "/" + device.request() + "/" + Names.DRA_DRIVER + "-metadata.json",
                List.of("bind", "ro", "nosuid", "nodev")));
    }

    /** Deletes the files of a claim if they exist. */
    void delete(String uid) throws IOException {
        delete("{,.}" + uid + "_*", Set.of());
    }

    /** Deletes the files of all claims except these, and files that were not finished. */
    void retain(Set<String> uids) throws IOException {
        delete("{,.}*", uids);
    }

    private void delete(String glob, Set<String> kept) throws IOException {
        try (DirectoryStream<Path> found = Files.newDirectoryStream(directory, glob)) {
            for (Path file : found) {
                String name = file.getFileName().toString();
                int end = name.indexOf('_');
                if (!name.endsWith(SUFFIX) || end < 0 || !kept.contains(name.substring(0, end))) {
                    files.delete(file);
                }
            }
        } catch (NoSuchFileException e) {
            // The directory is created with the first file.
        }
    }

    private Path file(PreparedClaim claim, String request) {
        return directory.resolve(claim.uid() + "_" + request + SUFFIX);
    }

    private static Map<String, List<PreparedClaim.Device>> requests(PreparedClaim claim) {
        Map<String, List<PreparedClaim.Device>> requests = new LinkedHashMap<>();
        claim.devices().stream()
                .filter(device -> device.exclusive() != null && isName(device.request()))
                .forEach(device -> requests.merge(
                        device.request(),
                        List.of(device),
                        (some, more) ->
                                Stream.concat(some.stream(), more.stream()).toList()));
        return requests;
    }

    private Map<String, Object> content(PreparedClaim claim, String request, List<PreparedClaim.Device> devices) {
        Map<String, Object> content = new LinkedHashMap<>();
        content.put("apiVersion", "metadata.resource.k8s.io/v1alpha1");
        content.put("kind", "DeviceMetadata");
        Map<String, Object> metadata = new LinkedHashMap<>();
        metadata.put("name", claim.name());
        metadata.put("namespace", claim.namespace());
        metadata.put("uid", claim.uid());
        metadata.put("generation", 1);
        content.put("metadata", metadata);
        if (claim.podClaimName() != null) {
            content.put("podClaimName", claim.podClaimName());
        }
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("name", request);
        entry.put("devices", devices.stream().map(this::device).toList());
        content.put("requests", List.of(entry));
        return content;
    }

    private Map<String, Object> device(PreparedClaim.Device device) {
        PreparedClaim.Exclusive group = device.exclusive();
        Map<String, Object> content = new LinkedHashMap<>();
        content.put("driver", Names.DRA_DRIVER);
        content.put("pool", node);
        content.put("name", device.device());
        if (group != null) {
            Map<String, Object> attributes = new LinkedHashMap<>();
            attributes.put(
                    StandardAttributes.PCI_BUS_ID,
                    Map.of("string", group.group().main().toString()));
            attributes.put("deviceClass", Map.of("string", group.deviceClass()));
            attributes.put("iommuGroup", Map.of("int", group.iommuGroup()));
            content.put("attributes", attributes);
        }
        return content;
    }
}
