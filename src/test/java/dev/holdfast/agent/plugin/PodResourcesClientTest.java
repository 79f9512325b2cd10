package dev.holdfast.agent.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.holdfast.api.Names;
import dev.holdfast.testbed.fixtures.FakeKubelet;
import dev.holdfast.testbed.fixtures.Groups;
import dev.holdfast.testbed.fixtures.SettableClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PodResourcesClientTest {
    @TempDir
    Path directory;

    private final UnixGrpc grpc = new UnixGrpc();
    private FakeKubelet kubelet;
    private final SettableClock clock = new SettableClock();
    private final AtomicLong nanos = new AtomicLong();
    private PodResourcesClient client;

    @BeforeEach
    void runningKubelet() throws IOException {
        kubelet = new FakeKubelet(directory);
        kubelet.start();
        client = new PodResourcesClient(kubelet.podResources(), grpc, clock, nanos::get);
    }

    @AfterEach
    void end() throws InterruptedException {
        client.close();
        kubelet.close();
        grpc.close();
    }

    @Test
    void returnsTheDevicesOfAPod() throws IOException {
        kubelet.hold("default", "vm", "holdfast.dev/gpu", "0000:03:00.0", "0000:04:00.0");
        kubelet.hold("default", "vm", "holdfast.dev/nic", "0000:05:00.0");
        kubelet.hold("default", "vm", "example.com/fpga", "7");
        kubelet.hold("default", "other", "holdfast.dev/gpu", "0000:06:00.0");
        kubelet.hold("elsewhere", "vm", "holdfast.dev/gpu", "0000:07:00.0");

        assertThat(client.of("default", "vm"))
                .isEqualTo(Map.of(
                        "holdfast.dev/gpu", List.of("0000:03:00.0", "0000:04:00.0"),
                        "holdfast.dev/nic", List.of("0000:05:00.0")));
        assertThat(client.of("default", "nobody")).isEmpty();
    }

    @Test
    void returnsThePodsThatHoldDevicesByEitherPath() throws IOException {
        kubelet.hold("lab", "vm", "holdfast.dev/gpu", "0000:03:00.0");
        kubelet.claim("lab", "other", "gpu", "vfio.holdfast.dev", "pci-0000-04-00-0", "pci-0000-05-00-0");
        kubelet.claim("lab", "foreign", "gpu", "gpu.example.com", "gpu-0");

        assertThat(client.devices())
                .isEqualTo(new ReportedDevices(
                        Map.of(Groups.id("0000:03:00.0"), "lab/vm"),
                        List.of(
                                new ReportedDevices.ClaimDevice(
                                        "lab/other", "lab/gpu", Names.DRA_DRIVER, "n1", "pci-0000-04-00-0"),
                                new ReportedDevices.ClaimDevice(
                                        "lab/other", "lab/gpu", Names.DRA_DRIVER, "n1", "pci-0000-05-00-0"))));
        assertThat(client.held()).containsOnlyKeys(Groups.id("0000:03:00.0"));
    }

    /** A pod whose devices are of another driver holds the grant resource; devices of other pods are not kept. */
    @Test
    void returnsDevicesOfOtherDriversOnlyOfPodsWithTheGrantResource() throws IOException {
        kubelet.hold("lab", "vm", "holdfast.dev/grant", "grant-7");
        kubelet.claim("lab", "vm", "gpu", "gpu.example.com", "gpu-0");
        kubelet.claim("lab", "other", "gpu", "gpu.example.com", "gpu-1");

        assertThat(client.claimsOf("lab", "vm"))
                .containsExactly(
                        new ReportedDevices.ClaimDevice("lab/vm", "lab/gpu", "gpu.example.com", "n1", "gpu-0"));
        assertThat(client.claimsOf("lab", "other")).isEmpty();
        assertThat(client.holdsAny("lab", "vm")).isTrue();
        assertThat(client.holdsAny("lab", "other")).isFalse();
        assertThat(client.held()).isEmpty();
    }

    @Test
    void returnsTheClassOfEachHeldGroup() throws IOException {
        kubelet.hold("default", "vm", "holdfast.dev/gpu", "0000:03:00.0");
        kubelet.hold("other", "vm", "holdfast.dev/nic", "0000:05:00.0");
        kubelet.hold("other", "pod", "example.com/fpga", "0000:06:00.0");
        kubelet.hold("other", "pod", "holdfast.dev/of-another-plugin", "device-7");
        kubelet.hold("other", "pod", "holdfast.dev/of-another-plugin", "0000:AF:00.0");

        assertThat(client.held()).isEqualTo(Map.of(Groups.id("0000:03:00.0"), "gpu", Groups.id("0000:05:00.0"), "nic"));
    }

    @Test
    void reportsAKubeletThatIsNotRespondingAndRecovers() throws Exception {
        kubelet.hold("default", "vm", "holdfast.dev/gpu", "0000:03:00.0");
        assertThat(client.held()).hasSize(1);

        kubelet.stop();
        assertThatExceptionOfType(IOException.class).isThrownBy(client::held).withMessageContaining("kubelet.sock");
        kubelet.start();

        assertThat(client.held()).hasSize(1);
    }

    @Test
    void sharesOneAnswerBetweenConcurrentRequests() throws IOException {
        kubelet.hold("default", "vm", "holdfast.dev/gpu", "0000:03:00.0");
        assertThat(client.holdsAny("default", "vm")).isTrue();
        int asked = kubelet.lists();

        for (int i = 0; i < 1000; i++) {
            assertThat(client.holdsAny("default", "vm")).isTrue();
            // As if all of these had been waiting when the last answer was requested.
            assertThat(client.holdsAny("default", "another")).isFalse();
        }

        assertThat(kubelet.lists()).isEqualTo(asked);
    }

    @Test
    void asksAgainForAPodThatHeldNothingBefore() throws IOException {
        assertThat(client.holdsAny("default", "vm")).isFalse();
        kubelet.hold("default", "vm", "holdfast.dev/gpu", "0000:03:00.0");
        nanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(100));

        assertThat(client.holdsAny("default", "vm")).isTrue();
    }

    @Test
    void trustsAnAnswerForAShortTimeOnly() throws IOException {
        kubelet.hold("default", "vm", "holdfast.dev/gpu", "0000:03:00.0");
        assertThat(client.holdsAny("default", "vm")).isTrue();
        kubelet.release("vm");
        nanos.addAndGet(TimeUnit.SECONDS.toNanos(2));

        assertThat(client.holdsAny("default", "vm")).isFalse();
    }

    @Test
    void aKubeletThatHasJustStartedMayNotKnowAllPods() throws Exception {
        Instant started = Files.getLastModifiedTime(kubelet.podResources()).toInstant();
        clock.goOn(Duration.between(clock.instant(), started.plusSeconds(29)));
        assertThat(client.knowsAllPods()).isFalse();

        clock.goOn(Duration.ofSeconds(1));
        assertThat(client.knowsAllPods()).isTrue();

        kubelet.stop();
        Files.deleteIfExists(kubelet.podResources());
        assertThat(client.knowsAllPods()).isFalse();
    }
}
