package dev.holdfast.agent.grant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.api.PassthroughVM;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.EnableKubernetesMockClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import java.io.IOException;
import org.junit.jupiter.api.Test;

@SuppressWarnings("NullAway.Init") // the extension sets the fields
@EnableKubernetesMockClient(crud = true)
class ApiClusterTest {
    KubernetesClient client;
    KubernetesMockServer server;

    @Test
    void seesEachChangeAtOnce() throws IOException {
        ApiCluster cluster = new ApiCluster(client);
        assertThat(cluster.pod(Given.NAMESPACE, Given.NAME)).isEmpty();
        assertThat(cluster.vm(Given.NAMESPACE, Given.NAME)).isEmpty();

        client.resource(Given.pod().build()).create();
        client.resource(Given.vm()).create();

        assertThat(cluster.pod(Given.NAMESPACE, Given.NAME)
                        .orElseThrow()
                        .getSpec()
                        .getNodeName())
                .isEqualTo(Given.NODE);
        PassthroughVM vm = cluster.vm(Given.NAMESPACE, Given.NAME).orElseThrow();
        assertThat(vm.getSpec()).isEqualTo(Given.vm().getSpec());

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

        assertThatThrownBy(() -> new ApiCluster(client).pod(Given.NAMESPACE, Given.NAME))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("The API server did not answer");
    }
}
