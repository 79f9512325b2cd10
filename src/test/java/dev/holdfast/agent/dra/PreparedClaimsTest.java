package dev.holdfast.agent.dra;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.holdfast.agent.dra.PreparedClaims.Added;
import dev.holdfast.agent.plugin.AllocationGate;
import dev.holdfast.testbed.fixtures.SettableClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The state of the driver, cut at each change of a file. */
class PreparedClaimsTest {
    private static final String BOOT = "boot-1";
    /** More changes than any operation here has. */
    private static final int MANY = 40;

    @TempDir
    Path directory;

    private final SettableClock clock = new SettableClock();
    private AllocationGate gate = new AllocationGate(clock::nanoTime);
    private PreparedClaims claims;

    @BeforeEach
    void start() throws IOException {
        claims = agent(BOOT, StateFiles.REAL);
        claims.restore();
    }

    @Test
    void writesACdiFileAndTheCheckpoint() throws IOException {
        PreparedClaim claim = Claims.gpuClaim(Claims.UID, "gpu");

        assertThat(add(claim)).isEqualTo(new Added.Done(claim));

        Path cdi = directory.resolve("cdi/vfio.holdfast.dev-claim-" + Claims.UID + ".json");
        assertThat(cdi).hasContent("""
                        {"cdiVersion":"0.6.0","kind":"vfio.holdfast.dev/claim","devices":[{"name":"%1$s-pci-0000-65-00-0-00",\
                        "containerEdits":{"deviceNodes":[\
                        {"path":"/dev/vfio/vfio","type":"c","permissions":"rw","fileMode":438,"uid":107,"gid":107},\
                        {"path":"/dev/vfio/7","type":"c","permissions":"rw","fileMode":384,"uid":107,"gid":107},\
                        {"path":"/dev/kvm","type":"c","permissions":"rw","fileMode":438,"uid":107,"gid":107}],\
                        "mounts":[{"hostPath":"/node/grant","containerPath":"/run/holdfast/grant",\
                        "options":["bind","ro","nosuid","nodev"]},\
                        {"hostPath":"%2$s","containerPath":\
                        "/var/run/kubernetes.io/dra-device-attributes/resourceclaims/gpu/gpu/vfio.holdfast.dev-metadata.json",\
                        "options":["bind","ro","nosuid","nodev"]}]}}]}""".formatted(
                        Claims.UID, directory.resolve("plugin/dra-device-metadata/" + Claims.UID + "_gpu.json")));
        Path checkpoint = directory.resolve("plugin/checkpoint.json");
        assertThat(checkpoint).hasContent("""
                        {"bootID":"boot-1","claims":{"%1$s":{"namespace":"lab","name":"gpu","devices":[\
                        {"device":"pci-0000-65-00-0","request":"gpu","exclusive":{"group":"0000:65:00.0",\
                        "deviceClass":"a100","iommuGroup":7,"cdiDevice":"%1$s-pci-0000-65-00-0-00"}}]}}}""".formatted(Claims.UID));
        for (Path file : List.of(cdi, checkpoint)) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                    .as("the names of CDI devices are secret")
                    .isEqualTo("rw-------");
        }
        assertThat(claims.held()).isEqualTo(Map.of(Claims.GPU, "a100"));
    }

    @Test
    void writesNoCdiFileForAdminAccess() throws IOException {
        PreparedClaim claim = new PreparedClaim(
                Claims.UID, "lab", "look", null, List.of(new PreparedClaim.Device(Claims.GPU_DEVICE, "look", null)));

        assertThat(add(claim)).isEqualTo(new Added.Done(claim));

        assertThat(files()).containsOnlyKeys("plugin/checkpoint.json");
        assertThat(claims.held()).isEmpty();
        assertThat(add(Claims.gpuClaim(Claims.OTHER_UID, "gpu"))).isInstanceOf(Added.Done.class);
    }

    @Test
    void answersAsBeforeAndDoesNotWriteAgain() throws IOException {
        PreparedClaim claim = Claims.gpuClaim(Claims.UID, "gpu");
        add(claim);
        Map<String, String> before = files();

        PreparedClaim again = new PreparedClaim(Claims.UID, "lab", "gpu", null, List.of());
        assertThat(add(again)).isEqualTo(new Added.Done(claim));
        assertThat(files()).isEqualTo(before);
    }

    @Test
    void refusesAGroupOfAnotherClaimUntilThatIsUnprepared() throws IOException {
        add(Claims.gpuClaim(Claims.OTHER_UID, "former"));
        Map<String, String> before = files();

        assertThat(add(Claims.gpuClaim(Claims.UID, "gpu")))
                .isEqualTo(
                        new Added.Refused(
                                "0000:65:00.0 is prepared for ResourceClaim lab/former; a device serves one"
                                        + " claim at a time, and is prepared for this one once the pod of the other has ended"));
        assertThat(files()).isEqualTo(before);
        assertThat(add(Claims.nicClaim(Claims.UID, "nic"))).isInstanceOf(Added.Done.class);

        claims.remove(Claims.OTHER_UID);
        claims.remove(Claims.UID);
        assertThat(add(Claims.gpuClaim(Claims.UID, "gpu"))).isInstanceOf(Added.Done.class);
    }

    @Test
    void keepsTheBinderAndTheDevicePluginAwayFromAGroupOfAClaim() throws IOException {
        add(Claims.gpuClaim(Claims.UID, "gpu"));
        clock.goOn(Duration.ofHours(1));
        assertThat(gate.close(Claims.GPU, clock.nanoTime())).isFalse();

        PreparedClaims next = nextAgent(BOOT);
        clock.goOn(Duration.ofHours(1));
        assertThat(gate.close(Claims.GPU, clock.nanoTime())).isFalse();

        next.remove(Claims.UID);
        assertThat(gate.close(Claims.GPU, clock.nanoTime())).isTrue();
        assertThat(next.add(Claims.gpuClaim(Claims.UID, "gpu"), true, clock.nanoTime(), () -> false))
                .isEqualTo(
                        new Added.Refused("the driver of 0000:65:00.0 is being changed; delete the pod, so that it is"
                                + " scheduled again"));
        assertThat(files()).containsOnlyKeys("plugin/checkpoint.json");
    }

    @Test
    void leavesNothingOfAClaimThatTheKubeletNoLongerWaitsFor() throws IOException {
        assertThat(claims.add(Claims.gpuClaim(Claims.UID, "gpu"), true, clock.nanoTime(), () -> true))
                .isInstanceOf(Added.Refused.class);

        assertThat(files()).isEmpty();
        assertThat(claims.held()).isEmpty();
    }

    @Test
    void unpreparesWhatIsUnknown() throws IOException {
        assertThat(claims.remove(Claims.UID)).isEmpty();
        assertThat(claims.remove("../../etc/passwd")).isEmpty();
        assertThat(files()).isEmpty();
    }

    @Test
    void continuesWhereTheFormerAgentEnded() throws IOException {
        PreparedClaim claim = Claims.gpuClaim(Claims.UID, "gpu");
        add(claim);
        Map<String, String> before = files();

        PreparedClaims next = nextAgent(BOOT);

        assertThat(next.find(Claims.UID)).hasValue(claim);
        assertThat(files()).isEqualTo(before);
    }

    @Test
    void dropsEverythingOfAFormerBoot() throws IOException {
        add(Claims.gpuClaim(Claims.UID, "gpu"));
        Files.writeString(directory.resolve("cdi/holdfast.dev-vfio.json"), "{}");
        Files.writeString(directory.resolve("cdi/vendor.example.json"), "{}");

        PreparedClaims next = nextAgent("boot-2");

        assertThat(next.held()).isEmpty();
        assertThat(next.used()).isTrue();
        assertThat(files())
                .containsOnlyKeys("cdi/holdfast.dev-vfio.json", "cdi/vendor.example.json", "plugin/checkpoint.json")
                .containsEntry("plugin/checkpoint.json", "{\"bootID\":\"boot-2\",\"claims\":{}}");
    }

    @Test
    void countsADamagedCheckpointAsEmpty() throws IOException {
        add(Claims.gpuClaim(Claims.UID, "gpu"));
        Path file = directory.resolve("plugin/checkpoint.json");
        String content = Files.readString(file);
        for (String damaged : List.of(
                "",
                "null",
                content.substring(0, content.length() / 2),
                content.replace("\"group\"", "\"grope\""),
                content.replace("\"devices\"", "\"divers\""),
                content.replace("\"bootID\"", "\"shoeID\""))) {
            Files.writeString(file, damaged);

            assertThat(nextAgent(BOOT).held()).as(damaged).isEmpty();
            assertThat(files()).isEqualTo(Map.of("plugin/checkpoint.json", "{\"bootID\":\"boot-1\",\"claims\":{}}"));
        }
    }

    @Test
    void isPreparedOrNotAfterAKillAtEachChange() throws IOException {
        PreparedClaim nic = Claims.nicClaim(Claims.OTHER_UID, "nic");
        PreparedClaim gpu = Claims.gpuClaim(Claims.UID, "gpu");
        add(nic);
        int cuts = 0;
        for (int i = 0; i < MANY; i++) {
            CuttingFiles files = new CuttingFiles(i, true);
            PreparedClaims dying = agent(BOOT, files);
            try {
                dying.restore();
                dying.add(gpu, true, clock.nanoTime(), () -> false);
                dying.remove(Claims.UID);
            } catch (CuttingFiles.Killed e) {
                cuts++;
            }

            // The kubelet asks again, for either of the two.
            PreparedClaims next = nextAgent(BOOT);
            assertConsistent(next);
            assertThat(next.find(Claims.OTHER_UID)).hasValue(nic);
            assertThat(next.add(gpu, true, clock.nanoTime(), () -> false)).isEqualTo(new Added.Done(gpu));
            if (!next.hasFile(gpu)) {
                next.rewrite(gpu, true);
            }
            assertConsistent(next);
            assertThat(next.held()).containsOnlyKeys(Claims.GPU, Claims.NIC);
            next.remove(Claims.UID);
            assertConsistent(next);
            assertThat(next.held()).containsOnlyKeys(Claims.NIC);
        }
        assertThat(cuts).as("changes of files").isBetween(8, MANY - 1);
    }

    @Test
    void leavesNothingAfterAFailureAtEachChange() throws IOException {
        PreparedClaim nic = Claims.nicClaim(Claims.OTHER_UID, "nic");
        PreparedClaim gpu = Claims.gpuClaim(Claims.UID, "gpu");
        add(nic);
        Map<String, String> before = files();
        boolean failed = true;
        for (int i = 0; failed; i++) {
            CuttingFiles files = new CuttingFiles(i, false);
            PreparedClaims failing = agent(BOOT, files);
            try {
                failing.restore();
                failing.add(gpu, true, clock.nanoTime(), () -> false);
            } catch (IOException e) {
                assertThat(e).hasMessageContaining("No space left on device");
            }
            failed = files.cut();
            if (failed) {
                assertThat(files()).as("after failure " + i).isEqualTo(before);
                assertThat(failing.held()).containsOnlyKeys(Claims.NIC);
                assertThat(gate.claim(List.of(Claims.GPU), clock.nanoTime())).isEmpty();
            }
        }
        assertThat(files()).hasSize(5);
    }

    @Test
    void keepsAClaimThatCannotBeRemovedUntilTheKubeletAsksAgain() throws IOException {
        for (int i = 0; i < 5; i++) {
            PreparedClaim gpu = Claims.gpuClaim(Claims.UID, "gpu");
            CuttingFiles files = new CuttingFiles(10 + i, false);
            PreparedClaims failing = agent(BOOT, files);
            failing.restore();
            failing.add(gpu, true, clock.nanoTime(), () -> false);

            assertThatExceptionOfType(IOException.class).isThrownBy(() -> failing.remove(Claims.UID));
            assertThat(files.cut()).isTrue();
            assertThat(failing.held()).containsOnlyKeys(Claims.GPU);

            assertThat(failing.remove(Claims.UID)).hasValue(gpu);
            assertThat(failing.held()).isEmpty();
            assertThat(files()).containsOnlyKeys("plugin/checkpoint.json");
            Files.delete(directory.resolve("plugin/checkpoint.json"));
        }
    }

    /** Every file belongs to a claim, and no temporary file is left. */
    private void assertConsistent(PreparedClaims agent) throws IOException {
        for (String file : files().keySet()) {
            if (!file.equals("plugin/checkpoint.json")) {
                assertThat(file)
                        .matches("cdi/vfio\\.holdfast\\.dev-claim-.*\\.json|plugin/dra-device-metadata/.*_gpu\\.json");
                String uid = file.replaceFirst("^cdi/vfio\\.holdfast\\.dev-claim-|^plugin/dra-device-metadata/", "")
                        .replaceFirst("(_gpu)?\\.json$", "");
                assertThat(agent.find(uid)).as(file).isPresent();
            }
        }
    }

    private Added add(PreparedClaim claim) throws IOException {
        return claims.add(claim, true, clock.nanoTime(), () -> false);
    }

    private PreparedClaims nextAgent(String bootID) throws IOException {
        PreparedClaims next = agent(bootID, StateFiles.REAL);
        next.restore();
        return next;
    }

    private PreparedClaims agent(String bootID, StateFiles files) {
        gate = new AllocationGate(clock::nanoTime);
        return new PreparedClaims(
                new Checkpoint(directory.resolve("plugin"), bootID, files),
                new ClaimCdiFiles(
                        directory.resolve("cdi"),
                        Path.of("/node/grant"),
                        new DeviceMetadataFiles(directory.resolve("plugin"), Claims.NODE, files),
                        files),
                gate);
    }

    /** The content of all files by their path. */
    private Map<String, String> files() throws IOException {
        Map<String, String> found = new TreeMap<>();
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                found.put(directory.relativize(file).toString(), Files.readString(file));
            }
        }
        return found;
    }
}
