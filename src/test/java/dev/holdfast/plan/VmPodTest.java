package dev.holdfast.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.PassthroughVM;
import dev.holdfast.memlock.Term;
import dev.holdfast.qemu.QemuShapeJson;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Golden pods are in src/test/resources/pods; {@code -Dholdfast.golden=write} writes them anew. */
final class VmPodTest {
    private static final Path GOLDEN = Path.of("src", "test", "resources", "pods");

    @ParameterizedTest
    @ValueSource(strings = {"minimal", "full"})
    void isThePodOfTheGoldenFile(String name) throws IOException {
        // Given
        PassthroughVM vm =
                Serialization.unmarshal(Files.readString(GOLDEN.resolve(name + "-vm.yaml")), PassthroughVM.class);

        // When
        String yaml = Serialization.asYaml(
                ready(vm, Defaults.of("launcher:test", name.equals("full"))).pod());

        // Then
        Path golden = GOLDEN.resolve(name + "-pod.yaml");
        if ("write".equals(System.getProperty("holdfast.golden"))) {
            Files.writeString(golden, yaml);
        }
        assertThat(yaml).isEqualTo(Files.readString(golden));
    }

    @ParameterizedTest
    @CsvSource({"180,175", "30,25", "6,1", "5,1", "0,1"})
    void leavesTheHookSomeSecondsOfTheGracePeriod(long grace, String timeout) {
        Pod pod = ready(Samples.vm("""
                memory: {guest: 128Mi}
                terminationGracePeriodSeconds: %d
                devices: {gpus: [{name: gpu0, deviceName: holdfast.dev/test-gpu}]}
                """.formatted(grace))).pod();

        assertThat(pod.getSpec().getTerminationGracePeriodSeconds()).isEqualTo(grace);
        assertThat(pod.getSpec()
                        .getContainers()
                        .getFirst()
                        .getLifecycle()
                        .getPreStop()
                        .getExec()
                        .getCommand())
                .endsWith("--timeout", timeout);
    }

    @Test
    void asksForGuestMemoryAndThePublishedOverhead() {
        PodPlan.Ready plan = ready(Samples.vm());
        long overhead = plan.overhead().stream().mapToLong(Term::bytes).sum();
        Quantity limit = plan.pod()
                .getSpec()
                .getContainers()
                .getFirst()
                .getResources()
                .getLimits()
                .get("memory");

        assertThat(limit).isNotNull();
        assertThat(Quantity.getAmountInBytes(limit).longValueExact())
                .isEqualTo(plan.shape().memoryBytes() + overhead);
        assertThat(plan.overhead()).extracting(Term::name).doesNotContain("tcg-code-cache", "launcher");
    }

    @Test
    void chargesTheCodeCacheOnlyWhereEmulationIsAllowed() {
        assertThat(ready(Samples.vm(), Defaults.of("x", true)).overhead())
                .extracting(Term::name)
                .contains("tcg-code-cache");
    }

    @Test
    void leavesRoomForTheLauncherOfATinyGuest() {
        PodPlan.Ready plan = ready(Samples.vm("""
                memory: {guest: 1Mi}
                devices: {gpus: [{name: gpu0, deviceName: holdfast.dev/test-gpu}]}
                """));

        assertThat(plan.overhead()).extracting(Term::name).contains("launcher");
    }

    @Test
    void keepsDollarSignsFromTheKubelet() {
        PodPlan.Ready plan = ready(Samples.vm("""
                memory: {guest: 128Mi}
                firmware: {kernelBoot: {kernelArgs: "a=$(HOME) b=$$", container: {image: k, kernelPath: /vmlinuz}}}
                devices: {gpus: [{name: gpu0, deviceName: holdfast.dev/test-gpu}]}
                """));

        String shape = plan.pod().getSpec().getContainers().getFirst().getArgs().get(2);
        assertThat(shape).doesNotContain("$");
        assertThat(QemuShapeJson.read(shape)).isEqualTo(plan.shape());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "memory: {guest: 1Gi}                                                        | NoDevices           | at least one",
                "memory: {guest: lots}                                                       | InvalidSpec         | spec.memory.guest",
                "memory: {guest: 1Gi}, firmware: {bios: {}, kernelBoot: {container: {image: k, kernelPath: /k}}} | InvalidSpec | bios and kernelBoot",
                "memory: {guest: 1Gi}, devices: {gpus: [{name: a, deviceName: holdfast.dev/x}], hostDevices: [{name: a, deviceName: holdfast.dev/y}]} | DuplicateDeviceName | rename one",
                "memory: {guest: 1Gi}, devices: {gpus: [{name: a, deviceName: example.com/x}]} | UnknownDeviceName | holdfast.dev/",
            })
    void refusesWhatTheSchemaCannot(String fields, String reason, String words) {
        String devices = fields.contains("devices") || reason.equals("NoDevices")
                ? ""
                : ", devices: {gpus: [{name: a, deviceName: holdfast.dev/x}]}";

        PodPlan plan = VmPod.of(Samples.vm("{" + fields + devices + "}"), Samples.DEFAULTS);

        assertThat(plan).isInstanceOfSatisfying(PodPlan.Invalid.class, invalid -> {
            assertThat(invalid.why().reason()).isEqualTo(reason);
            assertThat(invalid.why().sentence()).contains(words);
        });
    }

    private static PodPlan.Ready ready(PassthroughVM vm) {
        return ready(vm, Samples.DEFAULTS);
    }

    private static PodPlan.Ready ready(PassthroughVM vm, Defaults defaults) {
        return (PodPlan.Ready) VmPod.of(vm, defaults);
    }
}
