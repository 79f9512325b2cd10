package dev.holdfast.agent.dra;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.Slow;
import dev.holdfast.agent.kubelet.dra.v1.Device;
import dev.holdfast.agent.kubelet.dra.v1.NodePrepareResourceResponse;
import dev.holdfast.testbed.kubelet.claim.DriverConnection;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests over real unix sockets; kubelet and API server are stand-ins. */
@Slow
class DraDriverTest {
    @TempDir
    Path directory;

    private DraRig rig;

    @BeforeEach
    void clusterWithAClaim() throws IOException {
        rig = new DraRig(directory);
        rig.claim("gpu", Claims.json(Claims.UID, List.of(Claims.ours("gpu", Claims.GPU_DEVICE))));
    }

    @AfterEach
    void end() throws InterruptedException {
        rig.close();
    }

    @Test
    void registersWithAllItsServices() throws IOException {
        rig.runningAgent();

        assertThat(rig.registry().resolve("vfio.holdfast.dev-reg.sock")).exists();
        assertThat(rig.pluginDirectory().resolve("dra.sock")).exists();
        assertThat(rig.connection().services())
                .containsExactly("v1.DRAPlugin", "v1.DRAResourceHealth", "v1alpha1.DRAResourceHealth");
        assertThat(rig.meters
                        .get("holdfast.dra.registrations")
                        .tag("result", "ok")
                        .counter()
                        .count())
                .isEqualTo(1);
    }

    @Test
    void isNotServedOnANodeThatHasNoDeviceForClaimsAndNeverHad() throws IOException {
        DraDriver agent = rig.agent("boot-1");
        agent.offer(List.of(), true);
        assertThat(rig.registry()).doesNotExist();
        assertThat(rig.pluginDirectory()).doesNotExist();
        assertThat(agent.served()).isTrue();

        agent.offer(List.of(Claims.gpu()), true);
        agent.close();
        agent = rig.agent("boot-2");
        agent.ensure();

        rig.drivers.look();
        assertThat(rig.unprepare("gpu", Claims.UID))
                .as("the kubelet may wait for this after a reboot")
                .isEmpty();
    }

    @Test
    void preparesAClaimAndAnswersTheSameAgain() throws IOException {
        DraDriver agent = rig.runningAgent();

        NodePrepareResourceResponse answer = rig.prepare("gpu", Claims.UID);

        assertThat(answer.getError()).isEmpty();
        assertThat(answer.getDevicesList()).singleElement().satisfies(device -> {
            assertThat(device.getRequestNamesList()).containsExactly("gpu");
            assertThat(device.getPoolName()).isEqualTo("n1");
            assertThat(device.getDeviceName()).isEqualTo(Claims.GPU_DEVICE);
            assertThat(device.getCdiDeviceIdsList())
                    .singleElement()
                    .satisfies(name -> assertThat(name)
                            .matches("vfio\\.holdfast\\.dev/claim=" + Claims.UID + "-pci-0000-65-00-0-[0-9a-f]{32}"));
            assertThat(cdiFile(Claims.UID))
                    .content()
                    .contains("\"/dev/vfio/7\"", device.getCdiDeviceIds(0).substring(24));
        });
        assertThat(agent.held()).isEqualTo(Map.of(Claims.GPU, "a100"));
        assertThat(agent.claimOf(Claims.GPU))
                .isEqualTo(
                        "0000:65:00.0 is prepared for ResourceClaim lab/gpu; it is offered once the pod of that claim"
                                + " has ended");
        await().untilAsserted(() -> assertThat(rig.changes).hasPositiveValue());

        assertThat(rig.prepare("gpu", Claims.UID)).isEqualTo(answer);
        assertThat(rig.meters
                        .get("holdfast.dra.prepare")
                        .tag("result", "prepared")
                        .timer()
                        .count())
                .isEqualTo(2);
    }

    @Test
    void unpreparesAClaimThatTheApiServerNoLongerHas() throws IOException {
        DraDriver agent = rig.runningAgent();
        rig.prepare("gpu", Claims.UID);
        rig.claim("gpu", Claims.json(Claims.OTHER_UID, List.of()));

        assertThat(rig.unprepare("gpu", Claims.UID)).isEmpty();

        assertThat(cdiFile(Claims.UID)).doesNotExist();
        assertThat(agent.held()).isEmpty();
        assertThat(agent.claimOf(Claims.GPU)).isNull();
        assertThat(rig.unprepare("gpu", Claims.UID)).isEmpty();
        assertThat(rig.unprepare("nobody", "no-such-uid")).isEmpty();
        assertThat(rig.unprepare("nobody", "../../x")).isEmpty();
    }

    @Test
    void answersEveryClaimOfARequestByItself() throws IOException {
        rig.runningAgent();
        rig.claim("look", Claims.json(Claims.OTHER_UID, List.of(Claims.admin("look", Claims.GPU_DEVICE))));

        Map<String, NodePrepareResourceResponse> answers = rig.connection()
                .prepare(
                        DraRig.request("gpu", Claims.UID),
                        DraRig.request("look", Claims.OTHER_UID),
                        DraRig.request("gone", "u-1"),
                        DraRig.request("../secrets", "u-2"));

        assertThat(answers).containsOnlyKeys(Claims.UID, Claims.OTHER_UID, "u-1", "u-2");
        assertThat(Objects.requireNonNull(answers.get(Claims.UID)).getError()).isEmpty();
        assertThat(Objects.requireNonNull(answers.get(Claims.OTHER_UID)).getDevicesList())
                .singleElement()
                .satisfies(device -> assertThat(device.getCdiDeviceIdsList()).isEmpty());
        assertThat(cdiFile(Claims.OTHER_UID)).doesNotExist();
        assertThat(Objects.requireNonNull(answers.get("u-1")).getError())
                .isEqualTo("ResourceClaim lab/gone not found; delete the pod that waits for it");
        assertThat(Objects.requireNonNull(answers.get("u-2")).getError())
                .isEqualTo("\"../secrets\" is not a valid object name");
    }

    @Test
    void refusesDoubleUseAndLeavesNothing() throws IOException {
        rig.runningAgent();
        rig.prepare("gpu", Claims.UID);
        rig.claim("other", Claims.json(Claims.OTHER_UID, List.of(Claims.ours("gpu", Claims.GPU_DEVICE))));

        assertThat(rig.prepare("other", Claims.OTHER_UID).getError())
                .startsWith("0000:65:00.0 is prepared for ResourceClaim lab/gpu");
        assertThat(cdiFile(Claims.OTHER_UID)).doesNotExist();

        rig.claim("nic", Claims.json(Claims.OTHER_UID, List.of(Claims.ours("nic", Claims.NIC_DEVICE))));
        rig.kubelet.hold("lab", "vm", "holdfast.dev/nic", Claims.NIC.toString());
        assertThat(rig.prepare("nic", Claims.OTHER_UID).getError())
                .startsWith("0000:b3:00.0 is held by pod lab/vm through the device plugin");
        rig.kubelet.release("vm");
        assertThat(rig.prepare("nic", Claims.OTHER_UID).getError()).isEmpty();
        assertThat(rig.meters
                        .get("holdfast.dra.prepare")
                        .tag("result", "refused")
                        .timer()
                        .count())
                .isEqualTo(2);
    }

    @Test
    void preparesADeviceThatAnotherClaimHasAdminAccessTo() throws IOException {
        rig.runningAgent();
        rig.claim("look", Claims.json(Claims.OTHER_UID, List.of(Claims.admin("look", Claims.GPU_DEVICE))));
        assertThat(rig.prepare("look", Claims.OTHER_UID).getError()).isEmpty();
        rig.kubelet.claim("lab", "monitor", "look", "vfio.holdfast.dev", Claims.GPU_DEVICE);

        assertThat(rig.prepare("gpu", Claims.UID).getError()).isEmpty();

        rig.kubelet.claim("lab", "former", "unknown", "vfio.holdfast.dev", Claims.NIC_DEVICE);
        rig.claim("nic", Claims.json("u-3", List.of(Claims.ours("nic", Claims.NIC_DEVICE))));
        assertThat(rig.prepare("nic", "u-3").getError())
                .startsWith("0000:b3:00.0 is held by pod lab/former through ResourceClaim lab/unknown");
    }

    @Test
    void failsWhileTheKubeletsPodResourcesAreUnknown() throws Exception {
        rig.runningAgent();
        rig.kubelet.stop();
        Files.deleteIfExists(rig.kubelet.podResources());

        assertThat(rig.prepare("gpu", Claims.UID).getError()).contains("pod resources socket", "not found");
        assertThat(cdiFile(Claims.UID)).doesNotExist();
    }

    @Test
    void asksToTryAgainBeforeTheDevicesAreObserved() throws IOException {
        rig.runningAgent().close();
        DraDriver next = rig.agent("boot-1");
        next.ensure();
        rig.drivers.look();

        assertThat(rig.prepare("gpu", Claims.UID).getError()).startsWith("the agent is starting");
        next.offer(List.of(Claims.gpu()), true);
        assertThat(rig.prepare("gpu", Claims.UID).getError()).isEmpty();
    }

    @Test
    void continuesAfterARestartOfTheAgentAndDropsAllAfterAReboot() throws IOException {
        DraDriver agent = rig.runningAgent();
        NodePrepareResourceResponse answer = rig.prepare("gpu", Claims.UID);
        agent.close();

        agent = rig.runningAgent();
        assertThat(rig.prepare("gpu", Claims.UID)).isEqualTo(answer);
        agent.close();

        agent = rig.agent("boot-2");
        agent.ensure();
        assertThat(agent.held()).isEmpty();
        assertThat(cdiFile(Claims.UID)).doesNotExist();
        agent.offer(List.of(Claims.gpu()), true);
        rig.drivers.look();
        NodePrepareResourceResponse next = rig.prepare("gpu", Claims.UID);
        assertThat(next.getError()).isEmpty();
        assertThat(next).as("names of CDI devices are never used again").isNotEqualTo(answer);
    }

    @Test
    void writesAMissingCdiFileAnewUnlessTheDeviceHasChanged() throws IOException {
        rig.runningAgent();
        NodePrepareResourceResponse answer = rig.prepare("gpu", Claims.UID);
        Files.delete(cdiFile(Claims.UID));

        assertThat(rig.prepare("gpu", Claims.UID)).isEqualTo(answer);
        assertThat(cdiFile(Claims.UID)).exists();

        Files.delete(cdiFile(Claims.UID));
        rig.groups.remove(Claims.GPU);
        assertThat(rig.prepare("gpu", Claims.UID).getError()).startsWith("0000:65:00.0 has vanished");
        assertThat(cdiFile(Claims.UID)).doesNotExist();
    }

    @Test
    void servesAgainWhereASocketHasVanished() throws IOException {
        DraDriver agent = rig.runningAgent();
        int before = rig.changes.get();
        Files.delete(rig.registry().resolve("vfio.holdfast.dev-reg.sock"));
        Files.delete(rig.pluginDirectory().resolve("dra.sock"));
        await().untilAsserted(() -> assertThat(rig.changes).hasValueGreaterThan(before));
        rig.drivers.look();
        assertThat(rig.drivers.find("vfio.holdfast.dev")).isEmpty();

        agent.ensure();
        rig.drivers.look();

        assertThat(rig.prepare("gpu", Claims.UID).getError()).isEmpty();
        assertThat(rig.meters
                        .get("holdfast.dra.registrations")
                        .tag("result", "ok")
                        .counter()
                        .count())
                .isEqualTo(2);
    }

    @Test
    void servesAgainWhenTheKubeletsDirectoriesAreWiped() throws IOException {
        DraDriver agent = rig.runningAgent();
        rig.prepare("gpu", Claims.UID);
        for (Path wiped : List.of(rig.registry(), rig.pluginDirectory())) {
            try (Stream<Path> files = Files.walk(wiped)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }

        agent.ensure();
        rig.drivers.look();

        assertThat(rig.pluginDirectory().resolve("checkpoint.json")).content().contains(Claims.UID);
        assertThat(rig.unprepare("gpu", Claims.UID)).isEmpty();
    }

    @Test
    void unpreparesAndReportsWhileTheApiServerDoesNotAnswer() throws Exception {
        rig.runningAgent();
        rig.prepare("gpu", Claims.UID);
        CountDownLatch answering = rig.holdApiServer();
        DriverConnection connection = rig.connection();
        int flood = 100;
        try (ExecutorService kubelet = Executors.newFixedThreadPool(flood)) {
            List<Future<Status.Code>> waiting = new ArrayList<>(IntStream.range(0, flood)
                    .mapToObj(i -> kubelet.submit(() -> code(connection, "c" + i)))
                    .toList());
            await().untilAsserted(() -> assertThat(waiting.stream().filter(Future::isDone))
                    .as("requests beyond 4 threads and 64 that wait are turned away")
                    .hasSize(flood - 4 - 64));

            assertThat(rig.unprepare("gpu", Claims.UID)).isEmpty();

            answering.countDown();
            List<Status.Code> codes = new ArrayList<>();
            for (Future<Status.Code> one : waiting) {
                codes.add(one.get());
            }
            assertThat(codes).filteredOn(Status.Code.RESOURCE_EXHAUSTED::equals).hasSize(flood - 4 - 64);
            assertThat(codes).filteredOn(Status.Code.OK::equals).hasSize(4 + 64);
        }
    }

    @Test
    void leavesTheSocketsOfAnAgentThatWasKilledToTheNext() throws IOException {
        Files.createDirectories(rig.registry());
        Files.createDirectories(rig.pluginDirectory());
        Files.createFile(rig.registry().resolve("vfio.holdfast.dev-reg.sock"));
        Files.createFile(rig.pluginDirectory().resolve("dra.sock"));

        rig.runningAgent();

        assertThat(rig.prepare("gpu", Claims.UID).getDevicesList())
                .extracting(Device::getDeviceName)
                .containsExactly(Claims.GPU_DEVICE);
    }

    @Test
    void isNotServedWhereItsDirectoryCannotBeWritten() throws IOException {
        Files.createFile(rig.pluginDirectory());
        DraDriver agent = rig.agent("boot-1");

        agent.offer(List.of(Claims.gpu()), true);
        assertThat(agent.served()).isFalse();

        Files.delete(rig.pluginDirectory());
        agent.ensure();
        assertThat(agent.served()).isTrue();
    }

    private static Status.Code code(DriverConnection connection, String name) {
        try {
            connection.prepare(DraRig.request(name, name));
            return Status.Code.OK;
        } catch (StatusRuntimeException e) {
            return e.getStatus().getCode();
        }
    }

    private Path cdiFile(String uid) {
        return rig.cdi().resolve("vfio.holdfast.dev-claim-" + uid + ".json");
    }
}
