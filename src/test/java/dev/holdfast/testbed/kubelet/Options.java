package dev.holdfast.testbed.kubelet;

import dev.holdfast.testbed.kubelet.container.Images;
import java.net.URI;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The kubelet's command line: pairs of {@code --name value}, by hand, since reflection costs seconds on an emulated
 * processor.
 *
 * @param api           the API server, as this node and its pods reach it: a URL, and for a real one the files of the
 *                      node's token and of the certificate to trust
 * @param node          name of the Node object
 * @param images        JSON file of the images that the node has, see {@link Images}
 * @param state         a directory on a tmpfs, for roots of containers and volumes
 * @param logs          gets {@code <namespace>_<pod>.log}; {@code state/logs} unless given
 * @param readyFile     made once the node is Ready; null for none
 * @param devicePlugins directory of kubelet.sock and the plugins' sockets
 * @param registry      directory in which DRA drivers register
 * @param podResources  socket of the pod resources service
 * @param cdi           directory of CDI specs
 * @param cgroups       root of the cgroup v2 tree
 */
record Options(
        ApiAccess api,
        String node,
        Path images,
        Path state,
        Path logs,
        @Nullable Path readyFile,
        Path devicePlugins,
        Path registry,
        Path podResources,
        Path cdi,
        Path cgroups) {

    static Options parse(List<String> arguments) {
        Map<String, String> values = new HashMap<>();
        for (int i = 0; i + 1 < arguments.size(); i += 2) {
            values.put(arguments.get(i), arguments.get(i + 1));
        }
        String state = require(values, "--state");
        Options options = new Options(
                api(values),
                require(values, "--node"),
                Path.of(require(values, "--images")),
                Path.of(state),
                path(values, "--logs", state + "/logs"),
                Optional.ofNullable(values.remove("--ready-file")).map(Path::of).orElse(null),
                path(values, "--device-plugins", "/var/lib/kubelet/device-plugins"),
                path(values, "--plugins-registry", "/var/lib/kubelet/plugins_registry"),
                path(values, "--pod-resources", "/var/lib/kubelet/pod-resources/kubelet.sock"),
                path(values, "--cdi", "/var/run/cdi"),
                path(values, "--cgroups", "/sys/fs/cgroup"));
        if (!values.isEmpty() || arguments.size() % 2 != 0) {
            throw new IllegalArgumentException(
                    "kubelet: expected pairs of known options and values, found " + arguments);
        }
        return options;
    }

    private static ApiAccess api(Map<String, String> values) {
        URI url = URI.create(require(values, "--api"));
        return new ApiAccess(
                url,
                url.getScheme().equals("https")
                        ? new ApiAccess.Identity(Path.of(require(values, "--token")), Path.of(require(values, "--ca")))
                        : null);
    }

    private static String require(Map<String, String> values, String name) {
        String value = values.remove(name);
        if (value == null) {
            throw new IllegalArgumentException("kubelet: " + name + " is missing; it needs a value");
        }
        return value;
    }

    private static Path path(Map<String, String> values, String name, String otherwise) {
        return Path.of(Objects.requireNonNullElse(values.remove(name), otherwise));
    }
}
