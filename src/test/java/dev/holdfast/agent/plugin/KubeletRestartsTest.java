package dev.holdfast.agent.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.Slow;
import dev.holdfast.agent.kubelet.v1beta1.Device;
import dev.holdfast.agent.kubelet.v1beta1.RegisterRequest;
import dev.holdfast.agent.loop.WakeableLoop;
import dev.holdfast.telemetry.AgentMeters;
import dev.holdfast.testbed.fixtures.FakeKubelet;
import dev.holdfast.testbed.fixtures.Groups;
import dev.holdfast.testbed.fixtures.OpenDescriptors;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Restarts of a kubelet at any moment, also between a registration and its answer. */
@Slow
class KubeletRestartsTest {
    private static final Duration LONG = Duration.ofHours(1);
    private static final Duration AGAIN = Duration.ofMillis(100);
    private static final int RESTARTS = 100;
    /** One in ten restarts. Smaller growth is what libraries allocate once at their first use. */
    private static final int LEAK = RESTARTS / 10;

    private static final Map<String, List<PluginDevice>> OFFER = Map.of(
            "gpu", List.of(new PluginDevice(Groups.id("0000:03:00.0"), 0, "pci0000:00", null)),
            "nic", List.of(new PluginDevice(Groups.id("0000:04:00.0"), 1, "pci0000:80", null)));

    @TempDir
    Path directory;

    @Test
    void registersEveryClassOnceAfterAHundredRandomRestartsWithoutALeak() throws Exception {
        Random random = new Random(20261122);
        UnixGrpc grpc = new UnixGrpc();
        FakeKubelet kubelet = new FakeKubelet(directory);
        kubelet.start();
        DevicePlugins plugins = new DevicePlugins(
                kubelet.plugins(),
                Path.of("/node/grant"),
                id -> "holdfast.dev/vfio=" + id,
                grpc,
                new AllocationGate(System::nanoTime),
                () -> {},
                new AgentMeters(new SimpleMeterRegistry()));
        WakeableLoop[] self = new WakeableLoop[1];
        KubeletWatcher watch = new KubeletWatcher(
                kubelet.plugins(), kubelet.podResources(), () -> self[0].wake(), () -> self[0].wake());
        try (WakeableLoop rounds = new WakeableLoop("agent", () -> {
                    watch.ensure();
                    plugins.offer(OFFER);
                    return plugins.allRegistered() ? LONG : AGAIN;
                });
                watch) {
            self[0] = rounds;
            rounds.wake();
            awaitAll(kubelet);
            long descriptors = OpenDescriptors.count();
            int threads = Thread.activeCount();

            for (int i = 0; i < RESTARTS; i++) {
                LockSupport.parkNanos(random.nextLong(TimeUnit.MILLISECONDS.toNanos(20)));
                kubelet.stop();
                LockSupport.parkNanos(random.nextLong(TimeUnit.MILLISECONDS.toNanos(5)));
                if (random.nextInt(4) == 0) {
                    kubelet.startWithoutEmptying();
                } else {
                    kubelet.start();
                }
            }
            int last = kubelet.registrations().size();
            kubelet.stop();
            kubelet.start();

            awaitAll(kubelet);
            assertThat(kubelet.registrations()
                            .subList(last, kubelet.registrations().size()))
                    .extracting(RegisterRequest::getResourceName)
                    .contains("holdfast.dev/gpu", "holdfast.dev/nic");
            assertThat(sockets(kubelet))
                    .containsExactlyInAnyOrder("kubelet.sock", "holdfast-gpu.sock", "holdfast-nic.sock");
            await().untilAsserted(() -> assertThat(OpenDescriptors.count()).isLessThan(descriptors + LEAK));
            await().untilAsserted(() -> assertThat(Thread.activeCount()).isLessThan(threads + LEAK));
        } finally {
            plugins.close();
            kubelet.close();
            grpc.close();
        }
    }

    private static void awaitAll(FakeKubelet kubelet) {
        await().untilAsserted(() -> {
            assertThat(kubelet.devices("holdfast.dev/gpu"))
                    .extracting(Device::getID)
                    .containsExactly("0000:03:00.0");
            assertThat(kubelet.devices("holdfast.dev/nic"))
                    .extracting(Device::getID)
                    .containsExactly("0000:04:00.0");
        });
    }

    private static List<String> sockets(FakeKubelet kubelet) throws IOException {
        try (Stream<Path> files = Files.list(kubelet.plugins())) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }
}
