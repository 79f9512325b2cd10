package dev.holdfast.testbed.cluster;

import static dev.holdfast.testbed.Progress.eventually;

import dev.holdfast.agent.apiserver.ApiClient;
import dev.holdfast.agent.apiserver.InClusterConfig;
import dev.holdfast.api.Names;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.testbed.Build;
import dev.holdfast.testbed.HostProcess;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A real control plane with Holdfast installed from {@code deploy/}, and clients for everybody who meets there. One for
 * all tests of a run; each test has a namespace of its own ({@link OnRealCluster}).
 */
public final class RealCluster implements AutoCloseable {
    /** The namespace of operator and agents. */
    public static final String NAMESPACE = "holdfast";

    private final Build build;
    private final Path work;
    private final RealControlPlane controlPlane;
    private final KubernetesClient admin;
    private final List<AutoCloseable> opened = new ArrayList<>();
    private final AtomicInteger namespaces = new AtomicInteger();
    private @Nullable KubernetesClient operator;

    private RealCluster(Build build, Path work, @Nullable Path kustomization, ControlPlaneOptions options) {
        this.build = build;
        this.work = work;
        controlPlane = RealControlPlane.start(build.root(), work, options);
        admin = controlPlane.client(Identity.ADMIN);
        opened.add(admin);
        if (kustomization != null) {
            install(kustomization);
        }
        controlPlane.startControllers();
        if (kustomization != null) {
            awaitAggregation();
        }
    }

    public static RealCluster start(Build build, Path work) {
        return start(build, work, build.root().resolve("deploy"), ControlPlaneOptions.NODES_MADE_BY_HAND);
    }

    /** Without Holdfast: the test installs it. */
    public static RealCluster bare(Build build, Path work) {
        return new RealCluster(build, work, null, ControlPlaneOptions.NODES_MADE_BY_HAND);
    }

    /**
     * With options of the control plane.
     *
     * @param kustomization Holdfast; null when the test installs it
     */
    public static RealCluster start(Build build, Path work, @Nullable Path kustomization, ControlPlaneOptions options) {
        return new RealCluster(build, work, kustomization, options);
    }

    /** Installs as a user does, with the shipped files. */
    private void install(Path kustomization) {
        Kubectl kubectl = kubectl();
        kubectl.run("apply", "--server-side", "-k", kustomization.toString());
        awaitKinds();
    }

    /** The CRDs are there, and their kinds are served. */
    public void awaitKinds() {
        Kubectl kubectl = kubectl();
        kubectl.run("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s");
        // Established is said a moment before the kinds are served and described.
        for (String kind : List.of("ptvm", "ptnode", "ptclass")) {
            eventually(kind + " is served")
                    .until(() -> kubectl.attempt("explain", kind).status() == 0);
        }
    }

    /** The controller manager adds our roles to view, edit and admin. */
    private void awaitAggregation() {
        for (String role : List.of("view", "edit", "admin")) {
            eventually(role + " has our rules")
                    .until(() -> kubectl()
                            .run("get", "clusterrole", role, "-o=jsonpath={.rules[*].apiGroups}")
                            .contains(Names.GROUP));
        }
    }

    /** The machine's folder for this run: logs, certificates, kubeconfigs. */
    public Path work() {
        return work;
    }

    public Build build() {
        return build;
    }

    public RealControlPlane controlPlane() {
        return controlPlane;
    }

    public KubernetesClient admin() {
        return admin;
    }

    /** The administrator's bearer token. */
    public String adminToken() {
        return Identity.ADMIN.token();
    }

    public Kubectl kubectl() {
        return controlPlane.kubectl(Identity.ADMIN);
    }

    public AuditLog audit() {
        return controlPlane.audit();
    }

    /** A new namespace without any rules on what pods may do. */
    public String newNamespace() {
        String name = "test-" + namespaces.incrementAndGet();
        admin.resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .endMetadata()
                        .build())
                .create();
        return name;
    }

    /** Deletes its objects, without waiting. */
    void remove(TestNamespace namespace) {
        admin.namespaces().withName(namespace.name()).delete();
    }

    /** Removes the VMs of former tests and their pods: an operator takes up those of all namespaces. */
    public void removeAllVms() {
        var vms = admin.resources(PassthroughVM.class).inAnyNamespace();
        var pods = admin.pods().inAnyNamespace().withLabel(Names.VM_POD_LABEL);
        eventually("no VM is left", () -> {
            vms.delete();
            pods.withGracePeriod(0).delete();
            return vms.list().getItems().isEmpty() && pods.list().getItems().isEmpty();
        });
    }

    /** Returns a client of a user with the aggregated role ({@code view}, {@code edit}, {@code admin}) in a namespace. */
    public KubernetesClient user(String role, String namespace) {
        kubectl()
                .run(
                        "create",
                        "rolebinding",
                        "alice-" + role,
                        "--clusterrole=" + role,
                        "--user=" + Identity.USER.user(),
                        "--namespace=" + namespace);
        return remembered(controlPlane.client(Identity.USER));
    }

    /** A client with the operator's service account, as its pods have it. */
    public KubernetesClient operator() {
        return remembered(controlPlane.client(operatorToken()));
    }

    /** Returns one shared client. */
    synchronized KubernetesClient operatorOnce() {
        if (operator == null) {
            operator = operator();
        }
        return operator;
    }

    String operatorToken() {
        return admin.serviceAccounts()
                .inNamespace(NAMESPACE)
                .withName(Names.OPERATOR)
                .tokenRequest(new TokenRequestBuilder()
                        .withNewSpec()
                        .withExpirationSeconds(7200L)
                        .endSpec()
                        .build())
                .getStatus()
                .getToken();
    }

    /** A client of the agent of one node: its token is bound to the pod that the DaemonSet made there. */
    public KubernetesClient agent(String node) {
        return remembered(controlPlane.client(agentToken(node)));
    }

    /** The token that the kubelet would mount into the agent's pod of this node: it carries the node's name. */
    public String agentToken(String node) {
        Pod pod = agentPod(node);
        return admin.serviceAccounts()
                .inNamespace(NAMESPACE)
                .withName(Names.AGENT)
                .tokenRequest(new TokenRequestBuilder()
                        .withNewSpec()
                        .withExpirationSeconds(7200L)
                        .withNewBoundObjectRef()
                        .withApiVersion("v1")
                        .withKind("Pod")
                        .withName(pod.getMetadata().getName())
                        .withUid(pod.getMetadata().getUid())
                        .endBoundObjectRef()
                        .endSpec()
                        .build())
                .getStatus()
                .getToken();
    }

    /** Returns a client of the agent of a node, which need not exist. */
    public KubernetesClient agentOf(String node) {
        return remembered(controlPlane.client(
                Identity.ADMIN,
                "system:serviceaccount:" + NAMESPACE + ":" + Names.AGENT,
                // It becomes part of a header's name, where a slash may not be.
                Map.of("authentication.kubernetes.io%2Fnode-name", List.of(node))));
    }

    /** Returns the client that the agent itself uses. */
    public ApiClient apiServerForAgentOf(String node) throws IOException {
        Map<String, String> headers = Map.of(
                "Authorization",
                "Bearer " + Identity.ADMIN.token(),
                "Impersonate-User",
                "system:serviceaccount:" + NAMESPACE + ":" + Names.AGENT,
                "Impersonate-Extra-authentication.kubernetes.io%2Fnode-name",
                node);
        return new ApiClient(
                new InClusterConfig(URI.create(controlPlane.url()), controlPlane.certificate(), () -> headers));
    }

    /** Returns the API server's client with the token of a node's agent. */
    public ApiClient apiServerOfAgent(String node) throws IOException {
        String token = agentToken(node);
        return new ApiClient(new InClusterConfig(
                URI.create(controlPlane.url()),
                controlPlane.certificate(),
                () -> Map.of("Authorization", "Bearer " + token)));
    }

    private Pod agentPod(String node) {
        var pods = admin.pods().inNamespace(NAMESPACE).withLabel("app.kubernetes.io/component", "agent");
        return eventually("the DaemonSet's pod is on " + node)
                .until(
                        () -> pods.list().getItems().stream()
                                .filter(pod -> node.equals(pod.getSpec().getNodeName()))
                                .findFirst(),
                        Optional::isPresent)
                .orElseThrow();
    }

    /** A replica of the operator: the distribution's command, under its service account, taking part in the election. */
    public Replica startOperator(String instance) {
        return startOperator(instance, Map.of());
    }

    /** With further variables of the environment. */
    public Replica startOperator(String instance, Map<String, String> environment) {
        Map<String, String> variables = new HashMap<>(environment);
        Path kubeconfig = controlPlane.kubeconfig(instance, operatorToken());
        variables.put("KUBECONFIG", kubeconfig.toString());
        Replica replica = new Replica(
                instance,
                () -> HostProcess.start(
                        instance,
                        List.of(
                                build.holdfast().toString(),
                                "operator",
                                "--leader-elect",
                                "--leader-elect-namespace=" + NAMESPACE,
                                "--instance=" + instance,
                                "--launcher-image=holdfast:test",
                                "--http-port=0"),
                        variables,
                        work.resolve(instance + ".log")));
        opened.add(replica);
        return replica;
    }

    private synchronized KubernetesClient remembered(KubernetesClient client) {
        opened.add(client);
        return client;
    }

    @Override
    public void close() throws Exception {
        for (AutoCloseable one : opened.reversed()) {
            one.close();
        }
        controlPlane.close();
    }
}
