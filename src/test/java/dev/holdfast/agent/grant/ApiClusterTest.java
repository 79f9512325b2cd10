package dev.holdfast.agent.grant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.agent.apiserver.ApiClient;
import dev.holdfast.agent.apiserver.ApiServerException;
import dev.holdfast.agent.apiserver.InClusterConfig;
import dev.holdfast.agent.grant.decision.PodFacts;
import dev.holdfast.agent.grant.decision.VmFacts;
import dev.holdfast.agent.slice.ForeignDevices;
import dev.holdfast.api.vm.devices.HostDevice;
import dev.holdfast.pci.PciAddress;
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
    private ApiClient apiServer;
    private ApiCluster cluster;

    @BeforeEach
    void connect() throws IOException {
        apiServer = new ApiClient(InClusterConfig.at(URI.create("http://localhost:" + server.getPort())));
        cluster = new ApiCluster(apiServer);
    }

    @AfterEach
    void disconnect() {
        apiServer.close();
    }

    @Test
    void readsEachChangeAtOnce() throws IOException {
        assertThat(cluster.pod(GrantFixtures.NAMESPACE, GrantFixtures.NAME)).isEmpty();
        assertThat(cluster.vm(GrantFixtures.NAMESPACE, GrantFixtures.NAME)).isEmpty();

        client.resource(GrantFixtures.pod().build()).create();
        client.resource(GrantFixtures.vm()).create();

        PodFacts pod = cluster.pod(GrantFixtures.NAMESPACE, GrantFixtures.NAME).orElseThrow();
        assertThat(pod.node()).isEqualTo(GrantFixtures.NODE);
        assertThat(pod.containerId()).isEqualTo(GrantFixtures.CONTAINER_ID);
        assertThat(pod.deviceLimits()).containsEntry(GrantFixtures.GPU, 1L);
        VmFacts vm = cluster.vm(GrantFixtures.NAMESPACE, GrantFixtures.NAME).orElseThrow();
        assertThat(vm.devices()).isEqualTo(List.of(new HostDevice("gpu0", GrantFixtures.GPU, null, null)));
        assertThat(vm.memlock()).isEqualTo(GrantFixtures.exact());

        client.pods()
                .inNamespace(GrantFixtures.NAMESPACE)
                .withName(GrantFixtures.NAME)
                .delete();
        assertThat(cluster.pod(GrantFixtures.NAMESPACE, GrantFixtures.NAME)).isEmpty();
    }

    @Test
    void readsTheSlicesOfAnotherDriverOnTheNode() throws IOException {
        server.expect()
                .get()
                .withPath("/apis/resource.k8s.io/v1/resourceslices?fieldSelector=spec.nodeName%3Dn1%2Cspec.driver%3D"
                        + "gpu.example.com&limit=64")
                .andReturn(200, """
                        {"kind": "ResourceSliceList", "metadata": {}, "items": [{"metadata": {"name": "s"}, "spec": {
                          "driver": "gpu.example.com", "nodeName": "n1",
                          "pool": {"name": "n1", "generation": 1, "resourceSliceCount": 1},
                          "devices": [{"name": "gpu-0", "attributes": {
                            "resource.kubernetes.io/pciBusID": {"string": "0000:65:00.0"}, "uuid": {"string": "x"}}}]}}]}
                        """)
                .always();

        assertThat(cluster.foreignDevices("n1", "gpu.example.com").find("gpu.example.com", "n1", "gpu-0"))
                .isEqualTo(new ForeignDevices.Found.At(PciAddress.parse("0000:65:00.0")));
        // The name comes from the status of a claim.
        assertThat(cluster.foreignDevices("n1", "../x").slices()).isEmpty();
    }

    @Test
    void reportsARefusalOfTheApiServer() {
        server.expect()
                .get()
                .withPath("/api/v1/namespaces/lab/pods/trainer")
                .andReturn(403, "forbidden")
                .always();

        assertThatThrownBy(() -> cluster.pod(GrantFixtures.NAMESPACE, GrantFixtures.NAME))
                .isInstanceOf(ApiServerException.class)
                .hasMessageContaining("GET /api/v1/namespaces/lab/pods/trainer with status 403");
    }
}
