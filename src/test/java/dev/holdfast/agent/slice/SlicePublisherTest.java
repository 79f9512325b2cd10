package dev.holdfast.agent.slice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.agent.apiserver.ApiClient;
import dev.holdfast.agent.slice.SliceDevice.Attribute;
import dev.holdfast.telemetry.AgentMeters;
import dev.holdfast.testbed.apiserver.MockApiServer;
import dev.holdfast.testbed.fixtures.SettableClock;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSlice;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSliceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SlicePublisherTest {
    private static final List<SliceDevice> TWO = devices(2);

    private final SettableClock clock = new SettableClock();
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final AtomicInteger changes = new AtomicInteger();
    private final Set<String> problems = new HashSet<>();
    private MockApiServer server;
    private KubernetesClient client;
    private ApiClient apiServer;
    private Node node;
    private SlicePublisher publisher;

    @BeforeEach
    void clusterWithANode() {
        server = MockApiServer.start();
        client = server.client();
        apiServer = server.apiServer();
        node = client.resource(new NodeBuilder()
                        .withNewMetadata()
                        .withName("n1")
                        .endMetadata()
                        .build())
                .create();
        publisher = publisher();
    }

    private SlicePublisher publisher() {
        return new SlicePublisher(apiServer, "n1", changes::incrementAndGet, new AgentMeters(meters), clock);
    }

    @AfterEach
    void end() {
        publisher.close();
        client.close();
        apiServer.close();
        server.close();
    }

    @Test
    void publishesDevicesInASliceThatBelongsToTheNode() {
        publishUntilSettled(TWO);

        assertThat(slices()).singleElement().satisfies(slice -> {
            assertThat(slice.getMetadata().getName()).startsWith("n1-vfio-holdfast-dev-");
            assertThat(slice.getMetadata().getOwnerReferences()).singleElement().satisfies(owner -> {
                assertThat(owner.getKind()).isEqualTo("Node");
                assertThat(owner.getUid()).isEqualTo(node.getMetadata().getUid());
            });
            assertThat(slice.getSpec().getDriver()).isEqualTo("vfio.holdfast.dev");
            assertThat(slice.getSpec().getNodeName()).isEqualTo("n1");
            assertThat(slice.getSpec().getPool().getName()).isEqualTo("n1");
            assertThat(slice.getSpec().getPool().getGeneration()).isEqualTo(1);
            assertThat(slice.getSpec().getPool().getResourceSliceCount()).isEqualTo(1);
            assertThat(slice.getSpec().getDevices()).extracting("name").containsExactly("pci-0", "pci-1");
        });
        assertThat(problems).isEmpty();
        assertThat(meters.get("holdfast.dra.devices").gauge().value()).isEqualTo(2);
    }

    @Test
    void writesNothingWhileNothingChanges() {
        publishUntilSettled(devices(200));
        assertThat(writes()).isEqualTo(4);

        IntStream.range(0, 20).forEach(round -> publish(devices(200)));
        assertThat(writes()).isEqualTo(4);

        // A new agent continues with the slices of the former one.
        publisher.close();
        publisher = publisher();
        int before = changes.get();
        publish(devices(200));
        await().until(() -> changes.get() > before);
        publish(devices(200));
        assertThat(writes()).isEqualTo(4);
    }

    @Test
    void restoresWhatTheKubeletDeletes() {
        publishUntilSettled(TWO);

        client.dynamicResourceAllocation().v1().resourcesSlices().delete();
        publishUntilSettled(TWO);

        assertThat(writes("create")).isEqualTo(2);
    }

    @Test
    void restoresWhatAnybodyChanges() {
        publishUntilSettled(TWO);
        ResourceSlice slice = slices().getFirst();
        slice.getSpec().getDevices().removeFirst();
        client.resource(slice).update();

        publishUntilSettled(TWO);

        assertThat(slices().getFirst().getSpec().getDevices()).hasSize(2);
        assertThat(writes("replace")).isEqualTo(1);
    }

    @Test
    void doesNotTouchSlicesOfOthers() {
        ResourceSlice ofAnotherDriver = foreign("gpu.example.com", "n1");
        ResourceSlice ofAnotherNode = foreign("vfio.holdfast.dev", "n2");

        publishUntilSettled(TWO);
        publishUntilSettled(List.of());

        assertThat(slices()).containsExactlyInAnyOrder(ofAnotherDriver, ofAnotherNode);
    }

    private ResourceSlice foreign(String driver, String nodeName) {
        return client.resource(new ResourceSliceBuilder()
                        .withNewMetadata()
                        .withName(driver + "-on-" + nodeName)
                        .endMetadata()
                        .withNewSpec()
                        .withDriver(driver)
                        .withNodeName(nodeName)
                        .withNewPool(1L, nodeName, 1L)
                        .endSpec()
                        .build())
                .create();
    }

    @Test
    void removesItsSlicesWhenNothingIsOfferedAnyMore() {
        publishUntilSettled(TWO);
        publishUntilSettled(List.of());
        assertThat(slices()).isEmpty();

        publishUntilSettled(TWO);
        assertThat(slices()).hasSize(1);
    }

    @Test
    void removesTheSlicesOfAFormerAgent() {
        publishUntilSettled(TWO);
        publisher.close();
        publisher = publisher();

        publish(List.of());

        assertThat(slices()).isEmpty();
        assertThat(changes).as("watches of a class that there is no more").hasValueLessThanOrEqualTo(3);
    }

    @Test
    void transfersTheSlicesToANodeThatWasCreatedAgain() {
        publishUntilSettled(TWO);
        client.resource(node).delete();
        node = client.resource(new NodeBuilder()
                        .withNewMetadata()
                        .withName("n1")
                        .endMetadata()
                        .build())
                .create();
        // As the garbage collector does.
        client.dynamicResourceAllocation().v1().resourcesSlices().delete();

        publishUntilSettled(TWO);

        assertThat(slices().getFirst().hasOwnerReferenceFor(node.getMetadata().getUid()))
                .isTrue();
    }

    @Test
    void retriesWithAPauseWhileItsNodeIsNotFound() {
        client.resource(node).delete();
        await().until(() -> {
            publish(TWO);
            return !problems.isEmpty();
        });
        assertThat(problems).singleElement().asString().startsWith("Node n1 not found; set the name");

        problems.clear();
        client.resource(new NodeBuilder()
                        .withNewMetadata()
                        .withName("n1")
                        .endMetadata()
                        .build())
                .create();
        assertThat(publish(TWO)).isEqualTo(Duration.ofSeconds(1));
        assertThat(slices()).as("before the pause is over").isEmpty();
        assertThat(problems).hasSize(1);

        problems.clear();
        clock.goOn(Duration.ofSeconds(1));
        publishUntilSettled(TWO);
        assertThat(problems).isEmpty();
    }

    @Test
    void cutsTheNodeNameInNamesOfSlices() {
        assertThat(dev.holdfast.agent.slice.ResourceSlice.generateName("n".repeat(38) + ".example.com"))
                .isEqualTo("n".repeat(38) + "-vfio-holdfast-dev-")
                .hasSizeLessThanOrEqualTo(58);
    }

    private Duration publish(List<SliceDevice> devices) {
        return publisher.publish(devices, problems);
    }

    /** As the loop does, which runs a round after each change. */
    private void publishUntilSettled(List<SliceDevice> devices) {
        List<String> names = devices.stream().map(SliceDevice::name).toList();
        await().until(() -> {
            publish(devices);
            return ours().equals(names);
        });
    }

    private List<String> ours() {
        return slices().stream()
                .filter(slice -> slice.getSpec().getDriver().equals("vfio.holdfast.dev")
                        && slice.getSpec().getNodeName().equals("n1"))
                .flatMap(slice -> slice.getSpec().getDevices().stream())
                .map(device -> device.getName())
                .sorted()
                .toList();
    }

    private List<ResourceSlice> slices() {
        return client.dynamicResourceAllocation().v1().resourcesSlices().list().getItems();
    }

    private double writes(String operation) {
        Counter counter = meters.find("holdfast.dra.slice.writes")
                .tag("operation", operation)
                .counter();
        return counter == null ? 0 : counter.count();
    }

    private double writes() {
        return writes("create") + writes("replace") + writes("delete");
    }

    private static List<SliceDevice> devices(int count) {
        return IntStream.range(0, count)
                .mapToObj(number ->
                        new SliceDevice("pci-" + number, Map.of("vendorID", Attribute.of("0x10de")), Map.of()))
                .sorted(Comparator.comparing(SliceDevice::name))
                .toList();
    }
}
