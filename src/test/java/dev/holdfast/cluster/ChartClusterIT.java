package dev.holdfast.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.testbed.Product;
import dev.holdfast.testbed.cluster.ClientProgram;
import dev.holdfast.testbed.cluster.Helm;
import dev.holdfast.testbed.cluster.OnRealCluster;
import dev.holdfast.testbed.cluster.RealCluster;
import dev.holdfast.testbed.cluster.Rendered;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The chart as Helm renders it: the objects of kustomize, and a message for each value that is not one. */
@OnRealCluster
class ChartClusterIT {
    private final RealCluster cluster;
    private final Helm helm;

    ChartClusterIT(RealCluster cluster) {
        this.cluster = cluster;
        helm = Helm.of(cluster);
    }

    @Test
    void helmFindsNothingToSay() {
        assertThat(helm.run("lint", "--strict", helm.chart().toString())).contains("0 chart(s) failed");
    }

    @ParameterizedTest
    @CsvSource({"deploy, false", "overlays/bind, true"})
    void hasTheObjectsOfKustomize(String folder, String binding) {
        Map<String, JsonNode> kustomize = Rendered.objects(kustomize(folder));
        // Helm makes the namespace of a release itself.
        assertThat(kustomize.remove("Namespace holdfast")).isNotNull();

        Map<String, JsonNode> chart = Rendered.objects(template("--set=binding.enabled=" + binding));

        assertThat(chart.keySet()).isEqualTo(kustomize.keySet());
        kustomize.forEach((key, object) -> assertThat(chart.get(key)).as(key).isEqualTo(object));
    }

    @Test
    void hasTheMonitoringOfKustomize() {
        Map<String, JsonNode> kustomize = Rendered.objects(kustomize("deploy/monitoring"));

        Map<String, JsonNode> chart = Rendered.objects(template(
                "--set=monitoring.podMonitors.enabled=true",
                "--set=monitoring.rules.enabled=true",
                "--set=monitoring.dashboard.enabled=true"));

        assertThat(chart.keySet()).containsAll(kustomize.keySet());
        kustomize.forEach((key, object) -> assertThat(chart.get(key)).as(key).isEqualTo(object));
        assertThat(Rendered.objects(template()).keySet())
                .as("without these values")
                .doesNotContainAnyElementsOf(kustomize.keySet());
    }

    @Test
    void livesUnderAnyNameInAnyNamespace() {
        String elsewhere = helm.run(
                "template", "gpus", helm.chart().toString(), "--namespace=vfio-system", "--set=names.prefix=gpu");
        Map<String, JsonNode> objects = Rendered.objects(elsewhere);

        assertThat(elsewhere)
                .doesNotContain("serviceaccount:holdfast", "namespace: holdfast")
                .contains(
                        "system:serviceaccount:vfio-system:gpu-agent",
                        "system:serviceaccount:vfio-system:gpu-operator");
        assertThat(objects.keySet())
                .filteredOn(key -> !key.startsWith("CustomResourceDefinition "))
                .allSatisfy(key -> assertThat(key).matches("\\S+ gpu-.+"));
        // Its name is in the operator's code.
        assertThat(object(objects, "Role gpu-operator")
                        .at("/rules/0/resourceNames/0")
                        .asText())
                .isEqualTo("holdfast-operator");
    }

    @Test
    void putsEveryValueWhereItBelongs() {
        Map<String, JsonNode> objects = Rendered.objects(template(
                "--set=image.operator.repository=registry.example.com:5000/op,image.operator.tag=1.2",
                "--set=image.launcher.digest=sha256:" + "a".repeat(64),
                "--set=image.pullPolicy=IfNotPresent,imagePullSecrets[0].name=pull",
                "--set=operator.replicas=3,operator.priorityClassName=,operator.nodeSelector.infra=yes",
                "--set=operator.tolerations[0].key=infra,operator.tolerations[0].operator=Exists",
                "--set=operator.memlockPolicies={Exact,Fixed},operator.stateStorageClass=fast",
                "--set=agent.resources.limits.memory=300Mi,agent.nodeSelector.gpu=yes,agent.priorityClassName=mine",
                "--set=networkPolicies.enabled=false,deviceClassViewers.enabled=false,criticalPodsQuota.enabled=false",
                "--set=monitoring.podMonitors.enabled=true,monitoring.podMonitors.interval=1m",
                "--set=monitoring.rules.enabled=true,monitoring.labels.release=stack",
                "--set=allowEmulation=true"));
        JsonNode operator = object(objects, "Deployment holdfast-operator").at("/spec/template/spec");
        JsonNode agent = object(objects, "DaemonSet holdfast-agent").at("/spec/template/spec");

        assertThat(Stream.of(operator, agent)).allSatisfy(pod -> {
            assertThat(pod.at("/containers/0/image").asText()).isEqualTo("registry.example.com:5000/op:1.2");
            assertThat(pod.at("/containers/0/imagePullPolicy").asText()).isEqualTo("IfNotPresent");
            assertThat(pod.at("/imagePullSecrets/0/name").asText()).isEqualTo("pull");
            assertThat(pod.at("/containers/0/args").toString()).contains("\"--allow-emulation\"");
        });
        assertThat(operator.at("/containers/0/env").toString())
                .contains(Product.LAUNCHER_IMAGE + "@sha256:" + "a".repeat(64));
        assertThat(object(objects, "Deployment holdfast-operator")
                        .at("/spec/replicas")
                        .asInt())
                .isEqualTo(3);
        assertThat(operator.has("priorityClassName")).isFalse();
        assertThat(operator.path("nodeSelector").toString())
                .isEqualTo("{\"kubernetes.io/os\":\"linux\",\"infra\":\"yes\"}");
        assertThat(operator.at("/tolerations/0/key").asText()).isEqualTo("infra");
        assertThat(operator.at("/containers/0/args").toString())
                .contains("\"--memlock-policies=Exact,Fixed\"", "\"--state-storage-class=fast\"");
        assertThat(agent.at("/containers/0/resources/limits/memory").asText()).isEqualTo("300Mi");
        assertThat(agent.at("/nodeSelector/gpu").asText()).isEqualTo("yes");
        assertThat(agent.path("priorityClassName").asText()).isEqualTo("mine");
        assertThat(Stream.of(
                        object(objects, "PodMonitor holdfast-agent"),
                        object(objects, "PrometheusRule holdfast-alerts")))
                .allSatisfy(object -> assertThat(
                                object.at("/metadata/labels/release").asText())
                        .isEqualTo("stack"));
        assertThat(object(objects, "PodMonitor holdfast-agent")
                        .at("/spec/podMetricsEndpoints/0/interval")
                        .asText())
                .isEqualTo("1m");
        assertThat(objects.keySet())
                .noneMatch(key -> key.startsWith("NetworkPolicy ") || key.startsWith("ResourceQuota "))
                .doesNotContain("ClusterRole holdfast-device-class-viewer");
    }

    @ParameterizedTest
    @CsvSource({
        "operator.replicas=0, operator/replicas, minimum",
        "operator.replicas=two, operator/replicas, want integer",
        "image.launcher.repository=Upper/Case, image/launcher/repository, does not match",
        "agent.memory=1Gi, agent, 'additional properties ''memory'' not allowed'",
        "networkPolicy.enabled=false, '', 'additional properties ''networkPolicy'' not allowed'",
        "operator.memlockPolicies={Guess}, operator/memlockPolicies/0, must be one of",
        "binding.enabled=maybe, binding/enabled, want boolean",
        "monitoring.podMonitors.interval=often, monitoring/podMonitors/interval, does not match",
    })
    void namesTheValueThatIsNone(String set, String where, String why) {
        ClientProgram.Output output =
                helm.attempt("template", "holdfast", helm.chart().toString(), "--namespace=holdfast", "--set=" + set);

        assertThat(output.status()).isNotZero();
        assertThat(output.err())
                .contains("values don't meet the specifications of the schema")
                .contains(where)
                .contains(why);
    }

    @Test
    void refusesAnImageThatIsPulledAtEveryStart() {
        ClientProgram.Output output =
                helm.attempt("template", "holdfast", helm.chart().toString(), "--set=image.launcher.tag=latest");

        assertThat(output.status()).isNotZero();
        assertThat(output.err())
                .contains(
                        "the tag of image ghcr.io/holdfast-dev/holdfast-launcher is latest",
                        "give a version or a digest");
    }

    private static JsonNode object(Map<String, JsonNode> objects, String key) {
        return Objects.requireNonNull(objects.get(key), key);
    }

    private String template(String... more) {
        return helm.run(Stream.concat(
                        Stream.of("template", "holdfast", helm.chart().toString(), "--namespace=holdfast"),
                        Stream.of(more))
                .toArray(String[]::new));
    }

    private String kustomize(String folder) {
        Path path = cluster.build().root().resolve(folder);
        return cluster.kubectl().run("kustomize", path.toString());
    }
}
