package dev.holdfast.realnode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testbed.Build;
import dev.holdfast.testbed.HostProcess;
import dev.holdfast.testbed.VirtualNode;
import dev.holdfast.testbed.node.NodeVms;
import dev.holdfast.testbed.node.OnRealNode;
import dev.holdfast.testbed.node.RealNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The NetworkPolicies of {@code deploy/} where they hold: by kube-network-policies on the node, since the network plugin of
 * this lane has none.
 */
@OnRealNode
class ConfinedAgentRealNodeIT {
    private static final String OBJECTS = """
            apiVersion: v1
            kind: Namespace
            metadata: {name: scrapers, labels: {holdfast.dev/scrape: "true"}}
            ---
            apiVersion: v1
            kind: Namespace
            metadata: {name: strangers}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: client, namespace: scrapers}
            spec:
              automountServiceAccountToken: false
              terminationGracePeriodSeconds: 0
              containers: [{name: client, image: "busybox:1", command: [sleep, "86400"]}]
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: client, namespace: strangers}
            spec:
              automountServiceAccountToken: false
              terminationGracePeriodSeconds: 0
              containers: [{name: client, image: "busybox:1", command: [sleep, "86400"]}]
            ---
            apiVersion: v1
            kind: ServiceAccount
            metadata: {name: network-policies, namespace: kube-system}
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRole
            metadata: {name: network-policies}
            rules:
              - {apiGroups: [""], resources: [pods, namespaces, nodes], verbs: [list, watch]}
              - {apiGroups: [networking.k8s.io], resources: [networkpolicies], verbs: [list, watch]}
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRoleBinding
            metadata: {name: network-policies}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: network-policies}
            subjects: [{kind: ServiceAccount, name: network-policies, namespace: kube-system}]
            """;

    /** The status of timeout(1). */
    private static final int TIMED_OUT = 124;

    private final RealNode node;
    private final NodeVms vms;
    private final Build build;

    ConfinedAgentRealNodeIT(RealNode node) {
        this.node = node;
        vms = new NodeVms(node);
        build = node.cluster().build();
    }

    @BeforeEach
    void clients(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("objects.yaml"), OBJECTS);
        node.kubectl().run("apply", "--filename=" + file);
        for (String namespace : new String[] {"scrapers", "strangers"}) {
            node.await("the client in " + namespace + " is ready")
                    .until(() -> RealNode.isReady(node.api()
                            .admin()
                            .pods()
                            .inNamespace(namespace)
                            .withName("client")
                            .get()));
        }
    }

    @AfterEach
    void takeAway() {
        node.clean();
        node.kubectl().run("delete", "--wait=false", "namespace", "scrapers", "strangers");
    }

    @Test
    void onlyScrapersReachTheAgentWhichIsReadyAndGivesDevices() {
        assertThat(reachesAgent("strangers"))
                .as("nothing is in the way while no policy holds")
                .isTrue();

        try (HostProcess enforcer = enforce()) {
            node.await("strangers reach the agent no longer").until(() -> {
                enforcer.checkAlive();
                return !reachesAgent("strangers");
            });
            assertThat(reachesAgent("scrapers")).isTrue();

            vms.create("vm", NodeVms.RADEON);
            vms.awaitRunning("vm");

            assertThat(reachesAgent("strangers")).isFalse();
            assertThat(reachesAgent("scrapers")).isTrue();
            // The kubelet's probes come from the node.
            assertThat(node.holdfastIsReady()).isTrue();
        }
    }

    /** Returns whether the client gets an answer; false after half a minute without one. */
    private boolean reachesAgent(String namespace) {
        VirtualNode.Output scraped = scrape(namespace);
        if (scraped.status() == TIMED_OUT) {
            return false;
        }
        assertThat(scraped.orThrow()).contains("holdfast_");
        return true;
    }

    private VirtualNode.Output scrape(String namespace) {
        String agent = node.api().holdfastsPods().stream()
                .filter(pod -> pod.getMetadata().getName().startsWith("holdfast-agent-"))
                .map(pod -> pod.getStatus().getPodIP())
                .findFirst()
                .orElseThrow();
        String client = node.api()
                .admin()
                .pods()
                .inNamespace(namespace)
                .withName("client")
                .get()
                .getMetadata()
                .getUid();
        // By the node's programs in the pod's network. Busybox's own bound, wget -T, ends in a segmentation fault.
        return node.node()
                .exec(
                        "sh",
                        "-c",
                        "pid=$(cat /sys/fs/cgroup/kubepods/*/pod$0/*/cgroup.procs"
                                + " /sys/fs/cgroup/kubepods/pod$0/*/cgroup.procs 2>/dev/null | head -n 1)"
                                + " && nsenter --net --target=$pid timeout 30 busybox wget -qO- http://$1:8080/metrics",
                        client,
                        agent);
    }

    private HostProcess enforce() {
        Path settings = node.work().resolve("node");
        return node.node()
                .start(
                        "kube-network-policies",
                        settings.resolve("network-policies.log"),
                        build.script("real-node/network-policies/enforce").toString(),
                        "--program",
                        program(),
                        "--settings",
                        settings.toString(),
                        "--token",
                        node.kubectl()
                                .run("create", "token", "network-policies", "--namespace=kube-system", "--duration=2h")
                                .strip());
    }

    private String program() {
        try {
            Process making = new ProcessBuilder(
                            build.script("real-node/network-policies/build").toString())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            String file = new String(making.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(making.waitFor()).as("see the lines above").isZero();
            return file.strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while kube-network-policies was built", e);
        }
    }
}
