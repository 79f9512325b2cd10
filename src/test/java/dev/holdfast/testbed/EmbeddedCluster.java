package dev.holdfast.testbed;

import dev.holdfast.testbed.apiserver.ControlPlane;
import dev.holdfast.testbed.apiserver.MockApiServer;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The mock API server with its controllers in one process: starts in seconds, without dependencies or authentication. */
public final class EmbeddedCluster implements Cluster {
    private final Build build;
    private final Path vmStatusIsDown;
    private final HostProcess controlPlane;
    private final String url;
    private final KubernetesClient client;

    private EmbeddedCluster(Build build, Path work) {
        this.build = build;
        vmStatusIsDown = work.resolve("vm-status-is-down");
        Path ready = work.resolve("control-plane.ready");
        controlPlane = HostProcess.start(
                "control plane",
                build.java(
                        ControlPlane.class,
                        "--port",
                        "0",
                        "--ready-file",
                        ready.toString(),
                        "--refuse-vm-status-while",
                        vmStatusIsDown.toString()),
                Map.of(),
                work.resolve("control-plane.log"));
        Progress.eventually("the API server is up").until(() -> Files.exists(ready));
        url = Folders.read(ready).strip();
        client = MockApiServer.client(url);
    }

    public static EmbeddedCluster start(Build build, Path work) {
        return new EmbeddedCluster(build, work);
    }

    @Override
    public String description() {
        return "the embedded API server, a stand-in that checks no rules (CLUSTER=real has them checked)";
    }

    @Override
    public KubernetesClient admin() {
        return client;
    }

    @Override
    public KubernetesClient user() {
        return client;
    }

    @Override
    public List<String> operatorOptions() {
        return List.of();
    }

    @Override
    public Map<String, String> operatorEnvironment() {
        return Map.of("KUBERNETES_MASTER", url, "KUBERNETES_NAMESPACE", Stage.NAMESPACE);
    }

    @Override
    public List<String> kubeletOptions(Path shared) {
        return List.of(
                "--api",
                "http://" + VirtualNode.HOST_SEEN_FROM_NODE + ":"
                        + URI.create(url).getPort());
    }

    @Override
    public void deployAgent() {
        client.resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName(Stage.NAMESPACE)
                        .endMetadata()
                        .build())
                .create();
        DaemonSet agent = Serialization.unmarshal(
                Folders.read(build.root().resolve("deploy/agent-daemonset.yaml")), DaemonSet.class);
        agent.getSpec()
                .getTemplate()
                .getSpec()
                .getContainers()
                .getFirst()
                .getArgs()
                .add("--allow-emulation");
        client.resource(agent).create();
    }

    @Override
    public void refuseVmStatus() {
        try {
            Files.createFile(vmStatusIsDown);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void allowVmStatus() {
        try {
            Files.deleteIfExists(vmStatusIsDown);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void checkAlive() {
        controlPlane.checkAlive();
    }

    @Override
    public void close() {
        client.close();
        controlPlane.close();
    }
}
