package dev.holdfast.agent.dra;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.holdfast.Slow;
import dev.holdfast.agent.kubelet.v1.ClaimResource;
import dev.holdfast.agent.kubelet.v1.DynamicResource;
import dev.holdfast.testbed.kubelet.claim.PodClaims;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pods with claims on the stand-in kubelet, which asks in the order of the real one. */
@Slow
class DraKubeletTest {
    private static final String POD = "pod-1";

    @TempDir
    Path directory;

    private final Map<String, ResourceClaim> api = new HashMap<>();
    private DraRig rig;
    private PodClaims claims;

    @BeforeEach
    void nodeWithAgent() throws IOException {
        rig = new DraRig(directory);
        claims = new PodClaims(rig.drivers, (namespace, name) -> api.get(name));
    }

    @AfterEach
    void end() throws InterruptedException {
        rig.close();
    }

    @Test
    void startsAndEndsAPodWithAClaimOfATemplate() throws Exception {
        rig.runningAgent();
        claim("vm-gpu-x7", Claims.UID, Claims.ours("gpu", Claims.GPU_DEVICE));
        Pod pod = pod("{name: gpu, resourceClaimTemplateName: vm-gpu}", "{name: gpu, resourceClaimName: vm-gpu-x7}");

        assertThat(claims.prepare(pod))
                .singleElement()
                .satisfies(name -> assertThat(name).startsWith("vfio.holdfast.dev/claim=" + Claims.UID));
        assertThat(claims.of(POD))
                .containsExactly(DynamicResource.newBuilder()
                        .setClaimNamespace("lab")
                        .setClaimName("vm-gpu-x7")
                        .addClaimResources(ClaimResource.newBuilder()
                                .setDriverName("vfio.holdfast.dev")
                                .setPoolName("n1")
                                .setDeviceName(Claims.GPU_DEVICE))
                        .build());

        assertThat(claims.unprepare(POD)).isTrue();
        assertThat(claims.of(POD)).isEmpty();
        assertNothingIsLeft();
    }

    @Test
    void endsAPodOfTwoDriversOfWhichOneFailed() throws Exception {
        rig.runningAgent();
        claim("both", Claims.UID, Claims.ours("gpu", Claims.GPU_DEVICE), Claims.ours("nic", "pci-0000-01-00-0"));
        Pod pod = pod("{name: both, resourceClaimName: both}", "");

        assertThatExceptionOfType(PodClaims.Unprepared.class)
                .isThrownBy(() -> claims.prepare(pod))
                .withMessage("NodePrepareResources failed for ResourceClaim both: n1 has no device pci-0000-01-00-0 for"
                        + " claims, or no longer; delete the pod, so that it is scheduled again");
        assertNothingIsLeft();

        assertThat(claims.unprepare(POD)).isTrue();
    }

    @Test
    void endsAPodWhenAnAgentThatWasAwayIsBack() throws Exception {
        DraDriver agent = rig.runningAgent();
        claim("gpu", Claims.UID, Claims.ours("gpu", Claims.GPU_DEVICE));
        claims.prepare(pod("{name: gpu, resourceClaimName: gpu}", ""));

        agent.close();
        assertThat(claims.unprepare(POD)).as("without an agent").isFalse();

        rig.agent("boot-1").ensure();
        assertThat(claims.unprepare(POD))
                .as("before the first round of the next")
                .isTrue();
        assertNothingIsLeft();
    }

    @Test
    void preparesAgainAfterARestartOfTheKubelet() throws Exception {
        rig.runningAgent();
        claim("gpu", Claims.UID, Claims.ours("gpu", Claims.GPU_DEVICE));
        Pod pod = pod("{name: gpu, resourceClaimName: gpu}", "");
        List<String> before = claims.prepare(pod);

        claims.forgetDrivers();

        assertThat(claims.prepare(pod)).isEqualTo(before);
        assertThat(claims.unprepare(POD)).isTrue();
    }

    @Test
    void letsTheNextPodWaitForADeviceThatAForceDeletedOneStillHas() throws Exception {
        rig.runningAgent();
        claim("gpu", Claims.OTHER_UID, Claims.ours("gpu", Claims.GPU_DEVICE));
        claims.prepare(pod("{name: gpu, resourceClaimName: gpu}", ""));
        api.clear();
        claim("next", Claims.UID, Claims.ours("gpu", Claims.GPU_DEVICE));
        Pod next = pod("{name: gpu, resourceClaimName: next}", "");
        next.getMetadata().setUid("pod-2");
        Objects.requireNonNull(api.get("next"))
                .getStatus()
                .getReservedFor()
                .getFirst()
                .setUid("pod-2");

        assertThatExceptionOfType(PodClaims.Unprepared.class)
                .isThrownBy(() -> claims.prepare(next))
                .withMessageContaining("0000:65:00.0 is prepared for ResourceClaim lab/gpu");
        assertThat(claims.unprepare(POD)).isTrue();

        assertThat(claims.prepare(next)).hasSize(1);
    }

    private void claim(String name, String uid, String... results) {
        String json = Claims.json(uid, List.of(results), POD)
                .replace("\"name\": \"gpu\", \"uid\"", "\"name\": \"" + name + "\", \"uid\"");
        api.put(name, Serialization.unmarshal(json, ResourceClaim.class));
        rig.claim(name, json);
    }

    private static Pod pod(String claim, String status) {
        return Serialization.unmarshal("""
                metadata: {namespace: lab, name: vm, uid: %s}
                spec: {resourceClaims: [%s]}
                status: {resourceClaimStatuses: [%s]}
                """.formatted(POD, claim, status), Pod.class);
    }

    private void assertNothingIsLeft() throws IOException {
        if (Files.exists(rig.cdi())) {
            try (Stream<Path> files = Files.list(rig.cdi())) {
                assertThat(files).isEmpty();
            }
        }
        assertThat(rig.pluginDirectory().resolve("checkpoint.json"))
                .hasContent("{\"bootID\":\"boot-1\",\"claims\":{}}");
    }
}
