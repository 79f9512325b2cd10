package dev.holdfast.testbed.kubelet;

import dev.holdfast.testbed.apiserver.MockApiServer;
import dev.holdfast.testbed.kubelet.container.ContainerEdits;
import dev.holdfast.testbed.kubelet.container.Images;
import dev.holdfast.testbed.kubelet.container.OciConfig;
import dev.holdfast.testbed.kubelet.device.ScriptedPlugin;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

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
        Path directory = Files.createTempDirectory("rehearsal");
        Path ready = directory.resolve("api-ready");
        // A process of its own, so that the cache is the kubelet's alone: what it holds is loaded at every start.
        Process server = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        "dev.holdfast.testbed.apiserver.ControlPlane",
                        "--ready-file",
                        ready.toString())
                .inheritIO()
                .start();
        try {
            String url = await("the API server", () -> Files.exists(ready) ? readString(ready) : null, text -> true);
            run(directory, url);
        } catch (IllegalStateException e) {
            System.err.println(e.getMessage());
            server.destroy();
            System.exit(1);
        }
        server.destroy();
        // The kubelet has no end of its own; a normal exit is what makes the JVM write its cache.
        System.exit(0);
    }

    /**
     * Observations of the rehearsal.
     *
     * @param node    when the plugin's devices had arrived in its status
     * @param waiting the pod, admitted, without its image
     */
    record Seen(Node node, Pod waiting) {}

    /** Throws IllegalStateException when something does not happen within a minute. */
    static Seen run(Path directory, String api) throws Exception {
        KubernetesClient client = MockApiServer.client(api);
        startKubelet(directory, api);
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
            // Next steps of a real start.
            OciConfig.of(ContainerPlans.of(
                    waiting,
                    new NodeFacts("rehearsal", "127.0.0.1", new ApiAccess(URI.create(api), null)),
                    new ContainerPlans.Prepared(
                            "/",
                            "/",
                            "/",
                            new Images.Image("/", Map.of()),
                            List.of(),
                            Map.of(),
                            null,
                            ContainerEdits.NONE)));
            client.resource(pod).delete();
            await("the pod's end", () -> client.resource(pod).get() == null ? pod : null, gone -> true);
            return new Seen(node, waiting);
        }
    }

    private static void startKubelet(Path directory, String api) throws IOException {
        Path images = Files.writeString(directory.resolve("images.json"), "{\"other\": {\"root\": \"/\"}}");
        Path cgroups = Files.createDirectory(directory.resolve("cgroups"));
        Options options = Options.parse(List.of(
                "--api",
                api,
                "--node",
                "rehearsal",
                "--images",
                images.toString(),
                "--state",
                directory.resolve("state").toString(),
                "--ready-file",
                directory.resolve("ready").toString(),
                "--device-plugins",
                directory.resolve("plugins").toString(),
                "--plugins-registry",
                directory.resolve("registry").toString(),
                "--pod-resources",
                directory.resolve("pod-resources.sock").toString(),
                "--cdi",
                directory.resolve("cdi").toString(),
                "--cgroups",
                cgroups.toString()));
        Thread.ofPlatform().daemon().start(() -> {
            try {
                Kubelet.run(options);
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    private static String readString(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
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
