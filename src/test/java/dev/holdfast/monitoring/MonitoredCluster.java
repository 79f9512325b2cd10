package dev.holdfast.monitoring;

import static dev.holdfast.testbed.Progress.eventually;

import dev.holdfast.api.Names;
import dev.holdfast.testbed.cluster.HandMadeNode;
import dev.holdfast.testbed.cluster.RealCluster;
import dev.holdfast.testbed.cluster.Replica;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * A real control plane with a Prometheus that discovers the pods of Holdfast by it. The pods of the operator are real
 * operators, processes of this host; the agent's pod is played by an {@link AgentPage}, its node by the test.
 */
final class MonitoredCluster implements AutoCloseable {
    static final String NODE = "monitored-node";
    static final String DEVICE_CLASS = "monitored-gpu";

    /** How much faster the time of the rules runs. */
    static final int FACTOR = 30;

    private static final String INTERVAL = "2s";
    private static final int DEVICES = 8;
    private static final String NAMESPACE = "monitoring";
    private static final String SERVICE_ACCOUNT = "prometheus";
    private static final Pattern PORT = Pattern.compile("httpPort=\"(\\d+)\"");

    private final RealCluster cluster;
    private final HandMadeNode node;
    private final AgentPage agentPage;
    private final PodAddress agent;
    private final PrometheusServer prometheus;
    private final List<Replica> replicas = new ArrayList<>();
    private final List<PodAddress> operators = new ArrayList<>();
    private int started;

    private MonitoredCluster(RealCluster cluster, Path folder) throws IOException, InterruptedException {
        this.cluster = cluster;
        PrometheusPrograms programs = PrometheusPrograms.withKubernetes();
        cluster.removeAllVms();
        node = HandMadeNode.join(cluster, NODE, DEVICE_CLASS, DEVICES);
        startReplicas();
        agentPage = AgentPage.start();
        agent = PodAddress.leadingTo(agentPage::port);
        node.runAt(agent.toString(), pods("agent", 1).getFirst());
        prometheus = PrometheusServer.start(programs, folder, configuration(folder));
        awaitScrape();
    }

    /** @param folder empty; gets configuration, log and data of Prometheus */
    static MonitoredCluster start(RealCluster cluster, Path folder) throws IOException, InterruptedException {
        return new MonitoredCluster(cluster, folder);
    }

    private String configuration(Path folder) throws IOException {
        cluster.admin()
                .resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName(NAMESPACE)
                        .endMetadata()
                        .build())
                .serverSideApply();
        var account = new ServiceAccountBuilder()
                .withNewMetadata()
                .withName(SERVICE_ACCOUNT)
                .withNamespace(NAMESPACE)
                .endMetadata()
                .build();
        cluster.admin().resource(account).serverSideApply();
        cluster.kubectl().run("apply", "--server-side", "--filename=deploy/monitoring/prometheus-role.yaml");
        String token = cluster.admin()
                .serviceAccounts()
                .inNamespace(NAMESPACE)
                .withName(SERVICE_ACCOUNT)
                .tokenRequest(new TokenRequestBuilder().withNewSpec().endSpec().build())
                .getStatus()
                .getToken();
        return ScrapeJob.outsideOfTheCluster(
                URI.create(cluster.controlPlane().url()),
                cluster.controlPlane().certificate(),
                Files.writeString(folder.resolve("token"), token),
                INTERVAL,
                Files.writeString(
                        folder.resolve("rules.yaml"), FasterRules.of(Files.readString(RuleFile.FILE), FACTOR)));
    }

    /** Returns once Prometheus has counters of the active replica: what these count from then on is an increase. */
    void startOperators() throws IOException {
        startReplicas();
        awaitScrape();
    }

    /** Scales the Deployment to two replicas, and starts a process for each pod. */
    private void startReplicas() throws IOException {
        scale(2);
        for (Pod pod : pods("operator", 2)) {
            Replica replica = cluster.startOperator("monitored-" + ++started);
            replicas.add(replica);
            PodAddress address = PodAddress.leadingTo(() -> port(replica));
            operators.add(address);
            eventually("the page of an operator is served")
                    .until(() -> lastPort(replica).isPresent());
            node.runAt(address.toString(), pod);
        }
    }

    private void awaitScrape() {
        String active = "holdfast_vm_start_seconds_count and on (pod) (holdfast_operator_leader == 1)";
        eventually(
                "Prometheus has scraped the active replica",
                () -> !prometheus.api().series(active).isEmpty());
    }

    /** Scales the Deployment to none; the processes and then their pods end. */
    void stopOperators() throws IOException {
        List<Pod> pods = pods("operator", 2);
        scale(0);
        replicas.forEach(Replica::close);
        replicas.clear();
        for (PodAddress address : operators) {
            address.close();
        }
        operators.clear();
        pods.forEach(node::remove);
    }

    private void scale(int count) {
        cluster.kubectl()
                .run(
                        "scale",
                        "deployment",
                        Names.OPERATOR,
                        "--namespace=" + RealCluster.NAMESPACE,
                        "--replicas=" + count);
    }

    private List<Pod> pods(String component, int count) {
        return Objects.requireNonNull(eventually(count + " pods of the " + component + " are on the node")
                .until(
                        () -> cluster
                                .admin()
                                .pods()
                                .inNamespace(RealCluster.NAMESPACE)
                                .withLabel("app.kubernetes.io/component", component)
                                .list()
                                .getItems()
                                .stream()
                                .filter(pod -> NODE.equals(pod.getSpec().getNodeName()) && !pod.isMarkedForDeletion())
                                .toList(),
                        pods -> pods.size() == count));
    }

    private static int port(Replica replica) {
        return lastPort(replica).orElseThrow();
    }

    /** A replica that was started again has another. */
    private static Optional<Integer> lastPort(Replica replica) {
        return PORT.matcher(replica.log())
                .results()
                .reduce((former, last) -> last)
                .map(MatchResult::group)
                .map(text -> text.replaceAll("\\D", ""))
                .map(Integer::valueOf);
    }

    PrometheusApi prometheus() {
        return prometheus.api();
    }

    HandMadeNode node() {
        return node;
    }

    AgentPage agentPage() {
        return agentPage;
    }

    PodAddress agent() {
        return agent;
    }

    @Override
    public void close() throws IOException {
        prometheus.close();
        agent.close();
        agentPage.close();
        replicas.forEach(Replica::close);
        for (PodAddress address : operators) {
            address.close();
        }
        node.leave();
    }
}
