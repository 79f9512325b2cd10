package dev.holdfast.embedded.kubelet;

import dev.holdfast.embedded.MockApiServer;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/**
 * A kubelet's day in one process, as far as it goes without root: registers a node and a device plugin, admits a pod,
 * misses its image, lets it go. The training run of the kubelet's AOT cache, and a test of the wiring.
 */
final class Rehearsal {
    private static final long PATIENCE_SECONDS = 60;
    private static final String POD = """
            metadata: {name: rehearsed, namespace: default}
            spec:
              nodeName: rehearsal
              restartPolicy: Never
              securityContext: {runAsUser: 107, runAsGroup: 107, seccompProfile: {type: RuntimeDefault}}
              containers:
              - name: qemu
                image: absent
                command: [/bin/true]
                env: [{name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}]
                resources: {limits: {memory: 64Mi, holdfast.dev/gpu: "1"}, requests: {memory: 64Mi, holdfast.dev/gpu: "1"}}
                securityContext: {capabilities: {drop: [ALL]}}
            """;

    private Rehearsal() {}

    public static void main(String[] arguments) throws Exception {
        try {
            run(Files.createTempDirectory("rehearsal"));
        } catch (IllegalStateException e) {
            System.err.println(e.getMessage());
            System.exit(1);
        }
        // The kubelet has no end of its own; a normal exit is what makes the JVM write its cache.
        System.exit(0);
    }

    /**
     * What was seen on the way.
     *
     * @param node    when the plugin's devices had arrived in its status
     * @param waiting the pod, admitted, without its image
     */
    record Seen(Node node, Pod waiting) {}

    /** Throws IllegalStateException when something does not happen within a minute. */
    static Seen run(Path directory) throws Exception {
        MockApiServer server = MockApiServer.start();
        KubernetesClient client = server.client();
        startKubelet(directory, server.url());
        Path plugins = directory.resolve("plugins");
        await("the kubelet's socket", () -> Files.exists(directory.resolve("ready")) ? plugins : null, path -> true);
        try (ScriptedPlugin plugin = new ScriptedPlugin(plugins, "holdfast.dev/gpu")) {
            plugin.register();
            plugin.list("0000:01:00.0=Healthy");
            Node node = await(
                    "the device in the node's status",
                    () -> client.nodes().withName("rehearsal").get(),
                    seen -> seen.getStatus().getAllocatable().containsKey("holdfast.dev/gpu"));
            Pod pod = Serialization.unmarshal(POD, Pod.class);
            client.resource(pod).create();
            Pod waiting = await(
                    "the pod waiting for its image",
                    () -> client.resource(pod).get(),
                    seen -> seen.getStatus().getContainerStatuses().stream()
                            .anyMatch(status -> status.getState().getWaiting() != null
                                    && "ErrImagePull"
                                            .equals(status.getState()
                                                    .getWaiting()
                                                    .getReason())));
            // What a real start would go through next.
            OciConfig.of(ContainerPlans.of(
                    waiting,
                    new NodeFacts("rehearsal", "127.0.0.1", server.url()),
                    new ContainerPlans.Prepared(
                            "/", "/", "/", new Images.Image("/", Map.of()), List.of(), ContainerEdits.NONE)));
            client.resource(pod).delete();
            await("the pod's end", () -> client.resource(pod).get() == null ? pod : null, gone -> true);
            return new Seen(node, waiting);
        }
    }

    private static void startKubelet(Path directory, String api) throws IOException {
        Path images = Files.writeString(directory.resolve("images.json"), "{\"other\": {\"root\": \"/\"}}");
        Path cgroups = Files.createDirectory(directory.resolve("cgroups"));
        String[] options = {
            "--api=" + api,
            "--node=rehearsal",
            "--images=" + images,
            "--state=" + directory.resolve("state"),
            "--ready-file=" + directory.resolve("ready"),
            "--device-plugins=" + directory.resolve("plugins"),
            "--pod-resources=" + directory.resolve("pod-resources.sock"),
            "--cdi=" + directory.resolve("cdi"),
            "--cgroups=" + cgroups
        };
        Thread.ofPlatform().daemon().start(() -> new CommandLine(new Kubelet()).execute(options));
    }

    private interface Look<T> {
        @Nullable
        T get();
    }

    private static <T> T await(String what, Look<T> look, Predicate<T> enough) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (System.nanoTime() < deadline) {
            T seen = look.get();
            if (seen != null && enough.test(seen)) {
                return Objects.requireNonNull(seen);
            }
            TimeUnit.MILLISECONDS.sleep(20);
        }
        throw new IllegalStateException("waited " + PATIENCE_SECONDS + " s in vain for " + what);
    }
}
