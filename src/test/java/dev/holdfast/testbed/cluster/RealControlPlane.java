package dev.holdfast.testbed.cluster;

import static dev.holdfast.testbed.Progress.eventually;

import dev.holdfast.testbed.HostProcess;
import dev.holdfast.testbed.VirtualNode;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * etcd, API server, controller manager and scheduler as processes of this host, on its loopback address. The
 * controllers start only when {@link #startControllers} says so: what is installed before, they know from the start.
 */
public final class RealControlPlane implements AutoCloseable {

    private final ControlPlaneBinary binary;
    private final Path work;
    private final ControlPlaneOptions options;
    private final int port = freePort();
    private final HostProcess etcd;
    private final List<String> apiServerCommand;
    private HostProcess apiServer;
    private final List<HostProcess> controllers = new ArrayList<>();

    private RealControlPlane(ControlPlaneBinary binary, Path work, ControlPlaneOptions options) {
        this.binary = binary;
        this.work = work;
        this.options = options;
        String etcdUrl = "http://127.0.0.1:" + freePort();
        etcd = start("etcd", etcdCommand(etcdUrl));
        apiServerCommand = apiServerCommand(etcdUrl);
        apiServer = start("kube-apiserver", apiServerCommand);
        awaitReady();
    }

    /**
     * Starts etcd and the API server, and returns when the API server is ready.
     *
     * @param root    of the repository
     * @param work    gets certificates, keys, logs and data; must be empty
     * @param options in addition to those of every control plane here
     */
    public static RealControlPlane start(Path root, Path work, ControlPlaneOptions options) {
        ControlPlaneBinary binary = ControlPlaneBinary.built(root);
        try {
            Files.createDirectories(work);
            Files.writeString(work.resolve("tokens.csv"), Identity.tokenFile());
            Files.writeString(work.resolve("audit-policy.yaml"), AuditLog.POLICY);
            ServiceAccountKey.write(work.resolve("service-account.key"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new RealControlPlane(binary, work, options);
    }

    private List<String> etcdCommand(String url) {
        String peers = "http://127.0.0.1:" + freePort();
        return binary.command(
                "etcd",
                "--name=test",
                "--data-dir=" + work.resolve("etcd"),
                "--listen-client-urls=" + url,
                "--advertise-client-urls=" + url,
                "--listen-peer-urls=" + peers,
                "--initial-advertise-peer-urls=" + peers,
                "--initial-cluster=test=" + peers,
                // No data has to survive a power failure.
                "--unsafe-no-fsync=true",
                "--log-level=warn");
    }

    /** It makes its own certificate: valid for the address that it is bound to and for the one that it advertises. */
    private List<String> apiServerCommand(String etcdUrl) {
        Path key = work.resolve("service-account.key");
        List<String> arguments = new ArrayList<>(List.of(
                "--etcd-servers=" + etcdUrl,
                "--bind-address=127.0.0.1",
                // The node sees the host under this address.
                "--advertise-address=" + VirtualNode.HOST_SEEN_FROM_NODE,
                "--secure-port=" + port,
                "--cert-dir=" + work.resolve("certificates"),
                "--endpoint-reconciler-type=none",
                "--service-cluster-ip-range=10.96.0.0/16",
                "--authorization-mode=Node,RBAC",
                "--token-auth-file=" + work.resolve("tokens.csv"),
                "--service-account-issuer=https://kubernetes.default.svc",
                "--service-account-key-file=" + key,
                "--service-account-signing-key-file=" + key,
                // The second one is off by default; where it is on, owners may be set only by who may change them.
                "--enable-admission-plugins=NodeRestriction,OwnerReferencesPermissionEnforcement",
                "--allow-privileged=true",
                "--audit-policy-file=" + work.resolve("audit-policy.yaml"),
                "--audit-log-path=" + work.resolve("audit.log"),
                "--audit-log-mode=blocking"));
        arguments.addAll(options.apiServer());
        return binary.command("kube-apiserver", arguments.toArray(String[]::new));
    }

    /** Garbage collector, DaemonSets, Deployments, namespaces, tokens; and the scheduler. */
    public void startControllers() {
        String kubeconfig = "--kubeconfig=" + kubeconfig(Identity.CONTROLLER_MANAGER);
        List<String> arguments = new ArrayList<>(List.of(
                kubeconfig,
                "--leader-elect=false",
                "--secure-port=0",
                "--use-service-account-credentials=true",
                "--service-account-private-key-file=" + work.resolve("service-account.key"),
                "--root-ca-file=" + certificate()));
        arguments.addAll(options.controllerManager());
        controllers.add(start(
                "kube-controller-manager",
                binary.command("kube-controller-manager", arguments.toArray(String[]::new))));
        controllers.add(start(
                "kube-scheduler",
                binary.command(
                        "kube-scheduler",
                        "--kubeconfig=" + kubeconfig(Identity.SCHEDULER),
                        "--leader-elect=false",
                        "--secure-port=0")));
    }

    /** The port of the API server on the loopback address. */
    public int port() {
        return port;
    }

    public String url() {
        return "https://127.0.0.1:" + port;
    }

    /** Certificate of the API server, which clients trust, as PEM. */
    public Path certificate() {
        return work.resolve("certificates/apiserver.crt");
    }

    public AuditLog audit() {
        return new AuditLog(work.resolve("audit.log"));
    }

    public KubernetesClient client(Identity identity) {
        return client(identity.token());
    }

    public KubernetesClient client(String token) {
        return new KubernetesClientBuilder()
                .withConfig(new Kubeconfig(url(), certificate(), token).config())
                .build();
    }

    /** A client of one who speaks as another user. */
    public KubernetesClient client(Identity identity, String as, Map<String, List<String>> extras) {
        return new KubernetesClientBuilder()
                .withConfig(new ConfigBuilder(new Kubeconfig(url(), certificate(), identity.token()).config())
                        .withImpersonateUsername(as)
                        .withImpersonateExtras(extras)
                        .build())
                .build();
    }

    public Path kubeconfig(Identity identity) {
        return kubeconfig(identity.name().toLowerCase(Locale.ROOT), identity.token());
    }

    /** A kubeconfig file, for processes. */
    public Path kubeconfig(String name, String token) {
        return write(work.resolve(name + ".kubeconfig"), new Kubeconfig(url(), certificate(), token));
    }

    /** A kubeconfig file for the virtual node, which sees the API server under another address. */
    public void writeKubeconfigForNode(Path file, Path certificateSeenFromNode, Identity identity) {
        String url = "https://" + VirtualNode.HOST_SEEN_FROM_NODE + ":" + port;
        write(file, new Kubeconfig(url, certificateSeenFromNode, identity.token()));
    }

    private static Path write(Path file, Kubeconfig kubeconfig) {
        try {
            return Files.writeString(file, kubeconfig.yaml());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The file that the control plane runs from; a kubelet is in it too. */
    public Path binary() {
        return binary.file();
    }

    public Kubectl kubectl(Identity identity) {
        return new Kubectl(binary, kubeconfig(identity), work);
    }

    /** Returns the process IDs of etcd and of the API server, by name. */
    public Map<String, Long> storeAndServer() {
        return Map.of(etcd.name(), etcd.pid(), apiServer.name(), apiServer.pid());
    }

    /** SIGTERM, as in an upgrade, and a new one on the same port. */
    public void restartApiServer() {
        apiServer.close();
        apiServer = start("kube-apiserver", apiServerCommand);
        awaitReady();
    }

    /** SIGSTOP: etcd neither answers nor hangs up. */
    public void pauseEtcd() {
        etcd.signal("STOP");
    }

    public void resumeEtcd() {
        etcd.signal("CONT");
    }

    private HostProcess start(String name, List<String> command) {
        return HostProcess.start(name, command, Map.of(), work.resolve(name + ".log"));
    }

    private void awaitReady() {
        eventually("the API server is ready").until(() -> {
            if (!apiServer.isAlive() || !etcd.isAlive()) {
                throw new IllegalStateException("the control plane has ended; see the logs in " + work);
            }
            return Files.exists(certificate()) && answersOk();
        });
    }

    private boolean answersOk() {
        try (KubernetesClient client = new KubernetesClientBuilder()
                .withConfig(new Kubeconfig(url(), certificate(), Identity.ADMIN.token()).impatient())
                .build()) {
            return "ok".equals(client.raw("/readyz"));
        } catch (KubernetesClientException notYet) {
            return false;
        }
    }

    /** Returns a free port of the loopback address. */
    public static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns the processes that have ended unexpectedly. */
    public List<String> dead() {
        List<HostProcess> all = new ArrayList<>(controllers);
        all.add(etcd);
        all.add(apiServer);
        return all.stream()
                .filter(process -> !process.isAlive())
                .map(HostProcess::name)
                .toList();
    }

    @Override
    public void close() {
        controllers.forEach(HostProcess::kill);
        apiServer.kill();
        etcd.kill();
    }
}
