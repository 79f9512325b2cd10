package dev.holdfast.plan.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.plan.lifecycle.Action.CreatePod;
import dev.holdfast.plan.machine.MachineSpec;
import dev.holdfast.plan.observed.ReportedNodes;
import dev.holdfast.plan.observed.VolumeClaims;
import dev.holdfast.plan.pod.CloudInitSecret;
import dev.holdfast.plan.pod.PodPlan;
import dev.holdfast.plan.pod.VmPod;
import dev.holdfast.plan.status.VmConditions;
import dev.holdfast.testbed.fixtures.ObservedStates;
import dev.holdfast.testbed.fixtures.Samples;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Claims and cloud-init data in the plan of a VM. */
class VmStorageTest {
    private static final String SECRET_TEXT = "#cloud-config\npassword: geheim\n";

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "none     | false | ClaimNotFound  | PersistentVolumeClaim data not found in the VM's namespace; create it",
                "Bound    | true  | ClaimIsDeleted | claim data and its data are being deleted",
                "Lost     | false | ClaimLost      | claim data has lost its volume",
            })
    void createsNoPodForAClaimThatCannotBeUsed(String phase, boolean leaving, String reason, String message) {
        VolumeClaims claims = phase.equals("none")
                ? VolumeClaims.of(List.of())
                : VolumeClaims.of(List.of(claim(phase, null, leaving)));

        VmPlan plan = plan(withClaim(), Optional.empty(), claims);

        assertThat(plan.action()).isInstanceOf(Action.Nothing.class);
        assertReady(plan, reason, message);
    }

    /** A claim may wait for its first consumer, which is this pod. */
    @Test
    void createsThePodForAClaimThatIsNotBound() {
        assertThat(plan(withClaim(), Optional.empty(), VolumeClaims.of(List.of(claim("Pending", null, false))))
                        .action())
                .isInstanceOf(CreatePod.class);
    }

    @Test
    void namesTheClaimThatTheSchedulerWaitsFor() {
        Pod pod = Samples.unschedulable(Samples.pod("p"), "pod has unbound immediate PersistentVolumeClaims");

        assertReady(
                plan(withClaim(), Optional.of(pod), VolumeClaims.of(List.of(claim("Pending", null, false)))),
                "ClaimNotBound",
                "claim data is not bound to a volume yet; `kubectl describe pvc data`");
        assertReady(
                plan(withClaim(), Optional.of(pod), VolumeClaims.of(List.of(claim("Bound", null, false)))),
                "Unschedulable",
                "unbound immediate");
    }

    @Test
    void namesAnUnboundClaimWhenDevicesAreMissingToo() {
        Pod refused = Samples.unschedulable(Samples.pod("p"), "pod has unbound immediate PersistentVolumeClaims");
        Pod unscheduled = Samples.unschedulable(Samples.pod("p"), "0/1 nodes are available: 1 Insufficient devices");
        VolumeClaims pending = VolumeClaims.of(List.of(claim("Pending", null, false)));

        assertReady(
                withoutDevices(withClaim(), refused, pending),
                "ClaimNotBound",
                "claim data is not bound to a volume yet");
        assertReady(
                withoutDevices(withClaim(), unscheduled, pending),
                "DeviceUnknown",
                "; also, claim data is not bound to a volume yet; `kubectl describe pvc data` shows why");
    }

    @Test
    void namesTheUnboundClaimOfItsOwnState() {
        PassthroughVM vm = Samples.vm("""
                memory: {guest: 128Mi}
                firmware: {bootloader: {efi: {persistent: true}}}
                devices: {gpus: [{name: gpu0, deviceName: holdfast.dev/test-gpu}]}
                """);
        Pod refused = Samples.unschedulable(Samples.pod("p"), "pod has unbound immediate PersistentVolumeClaims");
        VolumeClaims pending = VolumeClaims.of(List.of(new PersistentVolumeClaimBuilder(claim("Pending", null, false))
                .editMetadata()
                .withName("gpu-vm-state")
                .endMetadata()
                .build()));

        assertReady(
                plan(vm, Optional.of(refused), pending),
                "ClaimNotBound",
                "claim gpu-vm-state is not bound to a volume yet; `kubectl describe pvc gpu-vm-state`");
    }

    private static VmPlan withoutDevices(PassthroughVM vm, Pod pod, VolumeClaims claims) {
        return VmPlan.of(
                ObservedStates.of(vm, pod, List.of(), Samples.CLASSES, claims),
                Samples.DEFAULTS,
                Samples.NOW.plusSeconds(60));
    }

    @Test
    void reportsAMissingClaimBeforeThePodHasStarted() {
        assertReady(
                plan(withClaim(), Optional.of(Samples.scheduled(Samples.pod("p"), 60)), VolumeClaims.of(List.of())),
                "ClaimNotFound",
                "PersistentVolumeClaim data not found");
    }

    @ParameterizedTest
    @CsvSource({"Filesystem,/run/holdfast/volumes/data/disk.img", "Block,/dev/holdfast/data"})
    void mountsAClaimByItsVolumeMode(String mode, String file) {
        PodPlan.Ready plan = (PodPlan.Ready) VmPod.of(
                withClaim(),
                MachineSpec.of(withClaim().getSpec()),
                Samples.DEFAULTS.pod(),
                ReportedNodes.none(),
                VolumeClaims.of(List.of(claim("Bound", mode, false))).blockDevices());

        var container = plan.pod().getSpec().getContainers().getFirst();
        assertThat(plan.shape().disks())
                .singleElement()
                .satisfies(disk -> assertThat(disk.source().file()).isEqualTo(file));
        assertThat(container.getVolumeDevices().isEmpty()).isEqualTo(mode.equals("Filesystem"));
        assertThat(container.getVolumeMounts().stream()
                        .anyMatch(mount -> mount.getName().equals("disk-data")))
                .isEqualTo(mode.equals("Filesystem"));
        assertThat(plan.pod().getSpec().getSecurityContext().getFsGroup()).isEqualTo(107);
    }

    @Test
    void passesInlineDataInASecretAndNotInThePod() {
        PassthroughVM vm = withUserData(SECRET_TEXT);

        CreatePod create =
                (CreatePod) plan(vm, Optional.empty(), VolumeClaims.unknown()).action();

        Secret secret = create.secret().orElseThrow();
        assertThat(new String(Base64.getDecoder().decode(secret.getData().get("userdata"))))
                .isEqualTo(SECRET_TEXT);
        assertThat(secret.getImmutable()).isTrue();
        assertThat(secret.getMetadata().getOwnerReferences())
                .singleElement()
                .satisfies(owner -> assertThat(owner.getUid()).isEqualTo(Samples.VM_UID));
        assertThat(create.pod().getSpec().getVolumes())
                .anySatisfy(volume -> assertThat(
                                volume.getSecret() == null
                                        ? ""
                                        : volume.getSecret().getSecretName())
                        .isEqualTo(secret.getMetadata().getName()));
        String pod = Serialization.asYaml(create.pod());
        assertThat(pod).doesNotContain("geheim", Base64.getEncoder().encodeToString(SECRET_TEXT.getBytes()));
    }

    @Test
    void namesTheSecretByTheGenerationSoThatItIsNeverChanged() {
        PassthroughVM vm = withUserData("a");
        String before = CloudInitSecret.name(vm);
        vm.getMetadata().setGeneration(2L);

        assertThat(CloudInitSecret.name(vm)).isNotEqualTo(before);
    }

    @Test
    void createsNoSecretForAReferenceToASecret() {
        PassthroughVM vm = Samples.vm(spec("cloudInitNoCloud: {secretRef: {name: mine}}"));

        CreatePod create =
                (CreatePod) plan(vm, Optional.empty(), VolumeClaims.unknown()).action();

        assertThat(create.secret()).isEmpty();
        assertThat(create.pod().getSpec().getVolumes()).anySatisfy(volume -> {
            assertThat(volume.getName()).isEqualTo("disk-data");
            assertThat(volume.getSecret().getSecretName()).isEqualTo("mine");
            assertThat(volume.getSecret().getOptional()).isTrue();
        });
    }

    @Test
    void refusesInvalidBase64() {
        assertThat(VmPod.of(
                        Samples.vm(spec("cloudInitNoCloud: {userDataBase64: '#cloud-config'}")),
                        Samples.DEFAULTS.pod()))
                .isInstanceOfSatisfying(
                        PodPlan.Invalid.class,
                        invalid -> assertThat(invalid.cause().message())
                                .contains("the cloud-init data of volume data is invalid base64"));
    }

    @Test
    void givesEachInterfaceAConstantAddressOfItsOwn() {
        String network = """
                memory: {guest: 128Mi}
                devices: {gpus: [{name: g, deviceName: holdfast.dev/x}], interfaces: [{name: %s}]}
                networks: [{name: %s, pod: {}}]
                """;
        String first = mac(Samples.vm(network.formatted("a", "a")));
        PassthroughVM other = Samples.vm(network.formatted("a", "a"));
        other.getMetadata().setUid("11111111-3a6b-4f5e-9d3c-0d3a4c1f2b11");

        assertThat(first)
                .isEqualTo(mac(Samples.vm(network.formatted("a", "a"))))
                .matches("[0-9a-f][26ae](:[0-9a-f]{2}){5}");
        assertThat(mac(Samples.vm(network.formatted("b", "b")))).isNotEqualTo(first);
        assertThat(mac(other)).isNotEqualTo(first);
    }

    private static String mac(PassthroughVM vm) {
        return ((PodPlan.Ready) VmPod.of(vm, Samples.DEFAULTS.pod()))
                .shape()
                .nics()
                .getFirst()
                .mac();
    }

    private static PassthroughVM withClaim() {
        return Samples.vm(spec("persistentVolumeClaim: {claimName: data}"));
    }

    private static PassthroughVM withUserData(String text) {
        return Samples.vm(spec("cloudInitNoCloud: {userData: " + Serialization.asJson(text) + "}"));
    }

    private static String spec(String volume) {
        return """
                memory: {guest: 128Mi}
                devices: {gpus: [{name: gpu0, deviceName: holdfast.dev/test-gpu}], disks: [{name: data}]}
                volumes: [{name: data, %s}]
                """.formatted(volume);
    }

    private static PersistentVolumeClaim claim(String phase, @Nullable String mode, boolean leaving) {
        return new PersistentVolumeClaimBuilder()
                .withNewMetadata()
                .withName("data")
                .withDeletionTimestamp(leaving ? Samples.ago(1) : null)
                .endMetadata()
                .withNewSpec()
                .withVolumeMode(mode)
                .endSpec()
                .withNewStatus()
                .withPhase(phase)
                .endStatus()
                .build();
    }

    private static VmPlan plan(PassthroughVM vm, Optional<Pod> pod, VolumeClaims claims) {
        return Samples.planned(
                ObservedStates.of(
                        vm,
                        pod.orElse(null),
                        List.of(Samples.node(
                                List.of(Samples.device("0000:01:00.0", dev.holdfast.api.node.DeviceState.Free, null)))),
                        Samples.CLASSES,
                        claims),
                Samples.DEFAULTS,
                Samples.NOW);
    }

    private static void assertReady(VmPlan plan, String reason, String message) {
        assertThat(VmConditions.state(plan.status().conditions())).hasValueSatisfying(ready -> {
            assertThat(ready.getReason()).isEqualTo(reason);
            assertThat(ready.getMessage()).contains(message);
        });
    }
}
