package dev.holdfast.agent.grant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import dev.holdfast.agent.apiserver.ApiAccess;
import dev.holdfast.agent.apiserver.ApiServer;
import dev.holdfast.agent.apiserver.ApiServerException;
import dev.holdfast.api.vm.devices.HostDevice;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.EnableKubernetesMockClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@SuppressWarnings("NullAway.Init") // the extension sets the fields
@EnableKubernetesMockClient(crud = true, https = false)
class ApiClusterTest {
    KubernetesClient client;
    KubernetesMockServer server;
    private ApiServer apiServer;
    private ApiCluster cluster;

    @BeforeEach
    void connect() throws IOException {
        apiServer = new ApiServer(ApiAccess.at(URI.create("http://localhost:" + server.getPort())));
        cluster = new ApiCluster(apiServer);
    }

    @AfterEach
    void disconnect() {
        apiServer.close();
    }

    @Test
    void seesEachChangeAtOnce() throws IOException {
        assertThat(cluster.pod(Given.NAMESPACE, Given.NAME)).isEmpty();
        assertThat(cluster.vm(Given.NAMESPACE, Given.NAME)).isEmpty();

        client.resource(Given.pod().build()).create();
        client.resource(Given.vm()).create();

        PodFacts pod = cluster.pod(Given.NAMESPACE, Given.NAME).orElseThrow();
        assertThat(pod.node()).isEqualTo(Given.NODE);
        assertThat(pod.containerId()).isEqualTo(Given.CONTAINER_ID);
        assertThat(pod.deviceLimits()).containsEntry(Given.GPU, 1L);
        VmFacts vm = cluster.vm(Given.NAMESPACE, Given.NAME).orElseThrow();
        assertThat(vm.devices()).isEqualTo(List.of(new HostDevice("gpu0", Given.GPU)));
        assertThat(vm.memlock()).isEqualTo(Given.exact());

        client.pods().inNamespace(Given.NAMESPACE).withName(Given.NAME).delete();
        assertThat(cluster.pod(Given.NAMESPACE, Given.NAME)).isEmpty();
    }

    @Test
    void saysThatTheApiServerRefuses() {
        server.expect()
                .get()
                .withPath("/api/v1/namespaces/lab/pods/trainer")
                .andReturn(403, "forbidden")
                .always();

        assertThatThrownBy(() -> cluster.pod(Given.NAMESPACE, Given.NAME))
                .isInstanceOf(ApiServerException.class)
                .hasMessageContaining("GET /api/v1/namespaces/lab/pods/trainer with status 403");
    }
}
