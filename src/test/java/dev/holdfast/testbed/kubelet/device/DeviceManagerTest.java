package dev.holdfast.testbed.kubelet.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.holdfast.agent.kubelet.v1.GetPodResourcesRequest;
import dev.holdfast.agent.kubelet.v1.ListPodResourcesRequest;
import dev.holdfast.agent.kubelet.v1.PodResourcesListerGrpc;
import io.grpc.ManagedChannel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeviceManagerTest {
    private static final String GPU = "holdfast.dev/gpu";

    @TempDir
    Path directory;

    private final UnixGrpc grpc = new UnixGrpc();
    private final DeviceManager devices = new DeviceManager();

    @BeforeEach
    void startKubelet() throws IOException {
        Files.createFile(directory.resolve("stale.sock"));
        new Registration(grpc, directory, devices).start();
    }

    @AfterEach
    void stop() {
        grpc.close();
    }

    @Test
    void emptiesTheDirectoryAtItsStart() {
        assertThat(directory.resolve("stale.sock")).doesNotExist();
        assertThat(directory.resolve("kubelet.sock")).exists();
    }

    @Test
    void countsHealthyDevicesAsAllocatableAndAllAsCapacity() throws Exception {
        try (ScriptedPlugin plugin = plugin()) {
            plugin.list("a=Healthy", "b=Unhealthy");

            awaitCount(2, 1);
        }
    }

    @Test
    void keepsTheCapacityOfAPluginThatIsGoneButOffersNothingOfIt() throws Exception {
        try (ScriptedPlugin plugin = plugin()) {
            plugin.list("a=Healthy");
            awaitCount(1, 1);
        }

        awaitCount(1, 0);
    }

    @Test
    void offersTheDevicesAgainWhenThePluginIsBack() throws Exception {
        try (ScriptedPlugin plugin = plugin()) {
            plugin.list("a=Healthy");
            awaitCount(1, 1);
        }
        try (ScriptedPlugin plugin = plugin()) {
            plugin.list("a=Healthy");

            awaitCount(1, 1);
        }
    }

    @Test
    void allocatesWhatNobodyHoldsAndTellsWhoHoldsIt() throws Exception {
        try (ScriptedPlugin plugin = plugin()) {
            plugin.list("a=Healthy", "b=Healthy");
            awaitCount(2, 2);

            assertThat(cdiName(admit("u1", "p1", 1))).isEqualTo("holdfast.dev/vfio=a");
            assertThat(cdiName(admit("u2", "p2", 1))).isEqualTo("holdfast.dev/vfio=b");

            grpc.serve(directory.resolve("resources.sock"), new PodResources(devices, uid -> List.of()));
            ManagedChannel channel = grpc.connect(directory.resolve("resources.sock"));
            var lister = PodResourcesListerGrpc.newBlockingStub(channel);
            assertThat(lister.list(ListPodResourcesRequest.getDefaultInstance()).getPodResourcesList())
                    .hasSize(2);
            var held = lister.get(GetPodResourcesRequest.newBuilder()
                            .setPodNamespace("ns")
                            .setPodName("p2")
                            .build())
                    .getPodResources()
                    .getContainers(0);
            assertThat(held.getName()).isEqualTo("c");
            assertThat(held.getDevices(0).getResourceName()).isEqualTo(GPU);
            assertThat(held.getDevices(0).getDeviceIdsList()).containsExactly("b");
            channel.shutdownNow();
        }
    }

    @Test
    void rejectsAPodWhenTooFewDevicesAreFreeAndFreesThoseOfAnEndedOne() throws Exception {
        try (ScriptedPlugin plugin = plugin()) {
            plugin.list("a=Healthy", "b=Unhealthy");
            awaitCount(2, 1);
            admit("u1", "p1", 1);

            assertThatExceptionOfType(Rejection.class)
                    .isThrownBy(() -> admit("u2", "p2", 1))
                    .matches(e -> e.reason().equals("UnexpectedAdmissionError"))
                    .withMessageContaining("Requested: 1, Available: 0");

            devices.release("u1");
            assertThat(cdiName(admit("u2", "p2", 1))).isEqualTo("holdfast.dev/vfio=a");
        }
    }

    @Test
    void rejectsAPodWhosePluginRefuses() throws Exception {
        try (ScriptedPlugin plugin = plugin()) {
            plugin.list("a=Healthy");
            awaitCount(1, 1);
            plugin.refuse();

            assertThatExceptionOfType(Rejection.class)
                    .isThrownBy(() -> admit("u1", "p1", 1))
                    .matches(e -> e.reason().equals("UnexpectedAdmissionError"))
                    .withMessageContaining("told to refuse");
            assertThat(devices.holders()).isEmpty();
        }
    }

    @Test
    void rejectsAPodOfAResourceThatNobodyServes() {
        assertThatExceptionOfType(Rejection.class)
                .isThrownBy(() -> admit("u1", "p1", 1))
                .withMessageContaining("no device plugin is registered for " + GPU);
    }

    private ScriptedPlugin plugin() throws IOException {
        ScriptedPlugin plugin = new ScriptedPlugin(directory, GPU);
        plugin.register();
        return plugin;
    }

    private void awaitCount(int capacity, int allocatable) {
        await().untilAsserted(() ->
                assertThat(devices.counts()).isEqualTo(Map.of(GPU, new DeviceManager.Count(capacity, allocatable))));
    }

    private List<dev.holdfast.agent.kubelet.v1beta1.ContainerAllocateResponse> admit(String uid, String pod, int count)
            throws Rejection {
        return devices.admit(uid, "ns", pod, "c", Map.of(GPU, count));
    }

    private static String cdiName(List<dev.holdfast.agent.kubelet.v1beta1.ContainerAllocateResponse> answers) {
        return answers.getFirst().getCdiDevices(0).getName();
    }
}
