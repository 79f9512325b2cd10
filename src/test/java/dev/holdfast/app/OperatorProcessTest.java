package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.Slow;
import dev.holdfast.leader.LeaseHolder;
import dev.holdfast.testbed.apiserver.BigCluster;
import dev.holdfast.testbed.apiserver.MockApiServer;
import dev.holdfast.testbed.fixtures.ChildJvm;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code holdfast operator --leader-elect} as a process: its probes and its exit. */
@Slow
final class OperatorProcessTest {
    /** Exit status of Java after SIGTERM. */
    private static final int ENDED_BY_SIGTERM = 128 + 15;

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Pattern PORT = Pattern.compile("httpPort=\"(\\d+)\"");

    @TempDir
    Path directory;

    private final MockApiServer server = MockApiServer.start();
    private final KubernetesClient client = server.client();
    private final LeaseHolder lease = new LeaseHolder(client);
    private final List<Process> processes = new ArrayList<>();

    @AfterEach
    void end() {
        processes.forEach(Process::destroyForcibly);
        client.close();
        server.close();
    }

    @Test
    void isReadyOnStandbyAndEndsAtSigterm() throws Exception {
        lease.taken("another", Duration.ofMinutes(10), Duration.ZERO);
        Process operator = operator("--leader-elect", "--leader-elect-namespace", LeaseHolder.NAMESPACE);
        await().atMost(PATIENCE).until(() -> log().contains("on standby"));

        assertThat(get("/healthz").statusCode()).isEqualTo(200);
        assertThat(get("/readyz").statusCode()).isEqualTo(200);
        assertThat(get("/metrics").body()).contains("holdfast_operator_leader 0.0");

        operator.destroy();

        assertThat(operator.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(operator.exitValue()).isEqualTo(ENDED_BY_SIGTERM);
        assertThat(lease.holder()).isEqualTo("another");
    }

    @Test
    void releasesTheLeaseAtSigterm() throws Exception {
        Process operator = operator("--leader-elect", "--leader-elect-namespace", LeaseHolder.NAMESPACE);
        await().atMost(PATIENCE).until(() -> log().contains("operator ready"));
        assertThat(lease.holder()).isEqualTo("replica-1");
        assertThat(get("/metrics").body()).contains("holdfast_operator_leader 1.0");

        operator.destroy();

        assertThat(operator.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(lease.holder()).isEmpty();
    }

    @Test
    void endsWithOneMessageWhenItLosesTheLease() throws Exception {
        Process operator = operator("--leader-elect", "--leader-elect-namespace", LeaseHolder.NAMESPACE);
        await().atMost(PATIENCE).until(() -> log().contains("operator ready"));

        await().atMost(PATIENCE).ignoreExceptions().until(() -> {
            lease.takenFromTheLeader("another");
            return !operator.isAlive();
        });

        assertThat(operator.exitValue()).isEqualTo(1);
        assertThat(log()).contains("lost the Lease holdfast/holdfast-operator").doesNotContain("stopping");
    }

    @Test
    void reportsThatAnElectionRequiresANamespace() throws Exception {
        Process operator = operator("--leader-elect");

        assertThat(operator.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(operator.exitValue()).isEqualTo(Holdfast.UNUSABLE_INPUT);
        assertThat(log().lines()).singleElement().asString().contains("--leader-elect-namespace", "$POD_NAMESPACE");
    }

    /** {@code make bench ONLY=operator} does the same with a thousand objects of each and the memory of the Deployment. */
    @Test
    void runsWithVmsAndPodsOfTheLargestSize() throws Exception {
        int count = 30;
        try (BigCluster cluster = new BigCluster(count)) {
            Process operator =
                    operator(cluster.url(), Map.of("JDK_JAVA_OPTIONS", "-Xmx128m -XX:+ExitOnOutOfMemoryError"));

            await().atMost(Duration.ofMinutes(5)).until(() -> {
                assertThat(operator.isAlive()).as(log()).isTrue();
                return cluster.events() == 2 * count && cluster.podsOfVms() == count && cluster.reported() == count;
            });
        }
    }

    private Process operator(String... options) throws IOException {
        return operator(server.url(), Map.of(), options);
    }

    private Process operator(String url, Map<String, String> variables, String... options) throws IOException {
        List<String> arguments =
                new ArrayList<>(List.of("operator", "--launcher-image=test", "--instance=replica-1", "--http-port=0"));
        arguments.addAll(List.of(options));
        Map<String, String> environment = new HashMap<>(variables);
        environment.put("KUBERNETES_MASTER", url);
        environment.put("KUBECONFIG", directory.resolve("none").toString());
        Process process =
                ChildJvm.start(Holdfast.class, environment, directory.resolve("log"), arguments.toArray(String[]::new));
        processes.add(process);
        return process;
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        Matcher port = PORT.matcher(log());
        assertThat(port.find()).as(log()).isTrue();
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port.group(1) + path))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
    }

    private String log() throws IOException {
        return Files.readString(directory.resolve("log"));
    }
}
