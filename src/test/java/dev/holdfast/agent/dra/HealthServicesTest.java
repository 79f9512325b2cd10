package dev.holdfast.agent.dra;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.Slow;
import dev.holdfast.agent.kubelet.health.v1.DRAResourceHealthGrpc;
import dev.holdfast.agent.kubelet.health.v1.NodeWatchResourcesRequest;
import io.grpc.Context;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Streams over real unix sockets to a kubelet of either version. */
@Slow
class HealthServicesTest {
    private static final ClaimableDevice SILENT =
            new ClaimableDevice(Claims.GPU, "a100", "0000:65:00.0 is not responding" + "!".repeat(2000));

    @TempDir
    Path directory;

    private DraRig rig;
    private DraDriver agent;

    @BeforeEach
    void runningAgent() throws IOException {
        rig = new DraRig(directory);
        agent = rig.runningAgent();
    }

    @AfterEach
    void end() throws InterruptedException {
        rig.close();
    }

    @Test
    void sendsTheHealthOfAllDevicesAtOnceAndAfterEachChange() {
        List<String> seen = watchV1();
        await().untilAsserted(() ->
                assertThat(seen).containsExactly("n1 pci-0000-65-00-0 HEALTHY, n1 pci-0000-b3-00-0 HEALTHY"));

        agent.offer(List.of(SILENT, Claims.nic()), true);
        await().untilAsserted(() -> assertThat(seen).hasSize(2));
        assertThat(seen.getLast())
                .startsWith("n1 pci-0000-65-00-0 UNHEALTHY 0000:65:00.0 is not responding!!!")
                .endsWith("!..., n1 pci-0000-b3-00-0 HEALTHY")
                .hasSizeLessThan(1100);

        agent.offer(List.of(SILENT, Claims.nic()), true);
        agent.offer(List.of(Claims.gpu(), Claims.nic()), true);
        await().untilAsserted(() -> assertThat(seen).hasSize(3));
        assertThat(seen.getLast()).isEqualTo(seen.getFirst());
    }

    @Test
    void sendsTheSameToAKubeletOf136() {
        List<String> seen = new CopyOnWriteArrayList<>();
        Context.ROOT.run(() -> dev.holdfast.agent.kubelet.health.v1alpha1.DRAResourceHealthGrpc.newStub(
                        rig.connection().channel())
                .nodeWatchResources(
                        dev.holdfast.agent.kubelet.health.v1alpha1.NodeWatchResourcesRequest.getDefaultInstance(),
                        observer(list -> list.getDevicesList()
                                .forEach(device -> seen.add(device.getDevice().getDeviceName() + " "
                                        + device.getHealth() + " " + device.getHealthCheckTimeoutSeconds())))));
        await().untilAsserted(() ->
                assertThat(seen).containsExactly("pci-0000-65-00-0 HEALTHY 1800", "pci-0000-b3-00-0 HEALTHY 1800"));

        agent.offer(List.of(SILENT), true);
        await().untilAsserted(() -> assertThat(seen).endsWith("pci-0000-65-00-0 UNHEALTHY 1800"));
    }

    @Test
    void repeatsTheHealthOfAnAgentThatStillObserves() {
        List<String> seen = watchV1();
        await().untilAsserted(() -> assertThat(seen).hasSize(1));

        rig.clock.goOn(Duration.ofMinutes(4));
        agent.offer(List.of(Claims.gpu(), Claims.nic()), true);
        rig.clock.goOn(Duration.ofMinutes(1));
        agent.offer(List.of(Claims.gpu(), Claims.nic()), true);

        await().untilAsserted(() -> assertThat(seen).hasSize(2));
        assertThat(seen.getLast()).isEqualTo(seen.getFirst());
    }

    private List<String> watchV1() {
        List<String> seen = new CopyOnWriteArrayList<>();
        Context.ROOT.run(() -> DRAResourceHealthGrpc.newStub(rig.connection().channel())
                .nodeWatchResources(
                        NodeWatchResourcesRequest.getDefaultInstance(),
                        observer(list -> seen.add(String.join(
                                ", ",
                                list.getDevicesList().stream()
                                        .map(device -> (device.getDevice().getPoolName() + " "
                                                        + device.getDevice().getDeviceName() + " " + device.getHealth()
                                                        + " " + device.getMessage())
                                                .strip())
                                        .toList())))));
        return seen;
    }

    private static <T> StreamObserver<T> observer(java.util.function.Consumer<T> next) {
        return new StreamObserver<>() {
            @Override
            public void onNext(T message) {
                next.accept(message);
            }

            @Override
            public void onError(Throwable t) {
                // The end of the test.
            }

            @Override
            public void onCompleted() {
                // The end of the test.
            }
        };
    }
}
