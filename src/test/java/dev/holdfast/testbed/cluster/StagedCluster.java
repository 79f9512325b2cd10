package dev.holdfast.testbed.cluster;

import static dev.holdfast.testbed.Progress.eventually;

import dev.holdfast.api.Names;
import dev.holdfast.testbed.Build;
import dev.holdfast.testbed.Cluster;
import dev.holdfast.testbed.VirtualNode;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The real control plane for a stage: everybody is who he is in a user's cluster, and may do what the shipped roles and
 * policies say. Only two things differ from what is shipped: emulation is allowed, and the operator runs on the host.
 */
public final class StagedCluster implements Cluster {

    private final RealCluster real;
    private final KubernetesClient user;
    private final VmStatusOutage outage;

    private StagedCluster(RealCluster real) {
        this.real = real;
        outage = new VmStatusOutage(real);
        // The operator's process is on the host, where it starts in a second; its pods would be on the emulated node.
        real.kubectl()
                .run("scale", "deployment", Names.OPERATOR, "--namespace=" + RealCluster.NAMESPACE, "--replicas=0");
        user = real.user("edit", "default");
        // The controller manager adds our part to the cluster's own role.
        eventually("the role edit is about VMs too")
                .until(() -> real.kubectl()
                                .attempt("auth", "can-i", "create", "ptvm", "--as=" + Identity.USER.user())
                                .status()
                        == 0);
    }

    public static StagedCluster start(Build build, Path work) {
        return new StagedCluster(RealCluster.start(build, work));
    }

    @Override
    public String description() {
        return "a real control plane, Kubernetes "
                + real.admin().getKubernetesVersion().getGitVersion()
                + ": etcd, API server, controllers, scheduler";
    }

    public RealCluster real() {
        return real;
    }

    @Override
    public KubernetesClient admin() {
        return real.admin();
    }

    @Override
    public KubernetesClient user() {
        return user;
    }

    /** Returns the options of the Deployment. */
    @Override
    public List<String> operatorOptions() {
        return List.of("--leader-elect", "--leader-elect-namespace=" + RealCluster.NAMESPACE);
    }

    @Override
    public Map<String, String> operatorEnvironment() {
        Path kubeconfig = real.controlPlane().kubeconfig(Names.OPERATOR, real.operatorToken());
        return Map.of("KUBECONFIG", kubeconfig.toString());
    }

    @Override
    public List<String> kubeletOptions(Path shared) {
        try {
            Files.createDirectories(shared);
            Path token = Files.writeString(shared.resolve("node-token"), Identity.NODE.token());
            Path ca = shared.resolve("ca.crt");
            Files.copy(real.controlPlane().certificate(), ca);
            return List.of(
                    "--api",
                    "https://" + VirtualNode.HOST_SEEN_FROM_NODE + ":"
                            + real.controlPlane().port(),
                    "--token",
                    token.toString(),
                    "--ca",
                    ca.toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** It is there already, and has no pod as long as there is no node. */
    @Override
    public void deployAgent() {
        real.kubectl()
                .run(
                        "patch",
                        "daemonset",
                        Names.AGENT,
                        "--namespace=" + RealCluster.NAMESPACE,
                        "--type=json",
                        "--patch=[{\"op\": \"add\", \"path\": \"/spec/template/spec/containers/0/args/-\","
                                + " \"value\": \"--allow-emulation\"}]");
    }

    @Override
    public void refuseVmStatus() {
        outage.begin();
    }

    @Override
    public void allowVmStatus() {
        outage.end();
    }

    @Override
    public void checkAlive() {
        List<String> dead = real.controlPlane().dead();
        if (!dead.isEmpty()) {
            throw new IllegalStateException(dead + " of the control plane has ended; see the logs in " + real.work());
        }
    }

    @Override
    public void close() {
        try {
            real.close();
        } catch (Exception e) {
            throw new IllegalStateException("The cluster was not closed: " + e.getMessage(), e);
        }
    }
}
