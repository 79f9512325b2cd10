package dev.holdfast.plan.pod;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.CaseCount;
import dev.holdfast.Golden;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.memlock.Policy;
import dev.holdfast.memlock.Term;
import dev.holdfast.plan.lifecycle.OperatorSettings;
import dev.holdfast.plan.machine.MachineSpec;
import dev.holdfast.plan.machine.MemlockInputs;
import dev.holdfast.plan.observed.ReportedNodes;
import dev.holdfast.qemu.shape.QemuShape;
import dev.holdfast.qemu.shape.QemuShapeJson;
import dev.holdfast.testbed.fixtures.MachineSpecs;
import dev.holdfast.testbed.fixtures.Samples;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Golden pods are in src/test/resources/pods; {@code -Dholdfast.golden=write} rewrites them. */
final class VmPodTest {
    private static final PodSettings ANY_POLICY =
            new PodSettings("launcher:test", false, EnumSet.allOf(Policy.class), "");
    private static final PodSettings NATIVE_HOOK = OperatorSettings.of("launcher:test", false)
            .withStopHook(StopHook.Native)
            .pod();
    private static final Path GOLDEN = Path.of("src", "test", "resources", "pods");

    @ParameterizedTest
    @ValueSource(strings = {"minimal", "full", "machine", "disks", "claims"})
    void isThePodOfTheGoldenFile(String name) throws IOException {
        // Given
        PassthroughVM vm =
                Serialization.unmarshal(Files.readString(GOLDEN.resolve(name + "-vm.yaml")), PassthroughVM.class);

        // When
        String yaml = Serialization.asYaml(ready(
                        vm,
                        OperatorSettings.of("launcher:test", name.equals("full"))
                                .pod())
                .pod());

        // Then
        assertThat(yaml).isEqualTo(Golden.of(GOLDEN.resolve(name + "-pod.yaml"), yaml));
    }

    @Test
    void isThePodOfTheGoldenFileWithTheHookOfTheLauncherImage() throws IOException {
        PassthroughVM vm =
                Serialization.unmarshal(Files.readString(GOLDEN.resolve("minimal-vm.yaml")), PassthroughVM.class);

        String yaml = Serialization.asYaml(ready(vm, NATIVE_HOOK).pod());

        assertThat(yaml).isEqualTo(Golden.of(GOLDEN.resolve("minimal-native-hook-pod.yaml"), yaml));
    }

    /** Such an image is only known to have holdfast. */
    @Test
    void keepsTheJavaHookForAVmWithItsOwnLauncherImage() {
        PodPlan.Ready plan = ready(Samples.vm("""
                memory: {guest: 1Gi}
                launcherImage: registry.example.com/launcher:1
                devices: {gpus: [{name: gpu0, deviceName: holdfast.dev/test-gpu}]}
                """), NATIVE_HOOK);

        assertThat(plan.pod()
                        .getSpec()
                        .getContainers()
                        .getFirst()
                        .getLifecycle()
                        .getPreStop()
                        .getExec()
                        .getCommand())
                .startsWith("/opt/holdfast/bin/holdfast", "shutdown");
        assertThat(plan.overhead())
                .filteredOn(term -> term.name().equals("stop-hook"))
                .extracting(Term::bytes)
                .containsExactly(StopHook.Java.bytes());
    }

    @ParameterizedTest
    @CsvSource({"180,175", "30,25", "10,5", "6,3", "5,2", "4,2", "3,1", "2,1", "1,1", "0,1"})
    void keepsSomeSecondsOfTheGracePeriodForTheHook(long grace, String timeout) {
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
    void requestsGuestMemoryAndThePublishedOverhead() {
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
    void requestsMemoryForQemuAndTheKernelAndNoneForTheLimit() {
        PodPlan.Ready plan = ready(Samples.vm("""
                memory: {guest: 64Gi}
                cpu: {cores: 8}
                devices: {gpus: [{name: gpu0, deviceName: holdfast.dev/test-gpu}]}
                """), List.of(Samples.node(List.of(Samples.gpu(64L << 30)))));

        assertThat(plan.overhead())
                .extracting(term -> term.name() + " " + (term.bytes() >> 20))
                .containsExactly(
                        "qemu-base 64",
                        "vcpus 24",
                        "dirty-bitmaps 8",
                        "page-tables 129",
                        "kvm-page-tables 129",
                        "iommu-page-tables 129",
                        "stop-hook 64",
                        "bar-page-tables 129",
                        "kvm-bar-page-tables 129",
                        "iommu-bar-page-tables 1");
    }

    @Test
    void chargesTheCodeCacheOnlyWhereEmulationIsAllowed() {
        assertThat(ready(Samples.vm(), OperatorSettings.of("x", true).pod()).overhead())
                .extracting(Term::name)
                .contains("tcg-code-cache");
    }

    /** Huge pages are a separate resource, which the pod's memory does not include. */
    @ParameterizedTest
    @CsvSource({"2Mi, hugepages-2Mi", "1Gi, hugepages-1Gi"})
    void requestsGuestMemoryAsHugePages(String size, String resource) {
        PodPlan.Ready small = ready(Samples.vm(largeVm("")));
        PodPlan.Ready huge = ready(Samples.vm(largeVm(", hugepages: {pageSize: " + size + "}")));
        Map<String, Quantity> limits =
                huge.pod().getSpec().getContainers().getFirst().getResources().getLimits();
        long overhead = huge.overhead().stream().mapToLong(Term::bytes).sum();

        assertThat(limits.get(resource)).isEqualTo(new Quantity("65536Mi"));
        assertThat(limits.get("memory")).isEqualTo(new Quantity((overhead >> 20) + "Mi"));
        assertThat(overhead)
                .isLessThan(small.overhead().stream().mapToLong(Term::bytes).sum());
        assertThat(huge.memlock()).isEqualTo(small.memlock());
    }

    /** The launcher's peak is charged to the pod's memory, and huge pages are not. */
    @Test
    void requestsMemoryForTheLauncherBesidesHugePages() {
        PodPlan.Ready plan = ready(Samples.vm("""
                memory: {guest: 64Mi, hugepages: {pageSize: 2Mi}}
                devices: {gpus: [{name: gpu0, deviceName: holdfast.dev/test-gpu}]}
                """), List.of(Samples.node(List.of(Samples.gpu(1 << 20)))));

        assertThat(plan.overhead().stream().mapToLong(Term::bytes).sum()).isEqualTo(160L << 20);
    }

    /** UEFI is in flash, which VFIO does not map, unlike SeaBIOS in RAM; a ROM from a file is in RAM. */
    @Test
    void countsUefiAndRomFilesForTheLimit() {
        String gpu = "memory: {guest: 1Gi}\ndevices: {gpus: [{name: gpu0, deviceName: holdfast.dev/test-gpu%s}]}\n";
        long seabios = ready(Samples.vm(gpu.formatted(""))).memlock().requiredBytes();
        long uefi = ready(Samples.vm(gpu.formatted("") + "firmware: {bootloader: {efi: {}}}"))
                .memlock()
                .requiredBytes();
        long rom = ready(Samples.vm(gpu.formatted(", romFile: {secret: {name: roms, key: vbios.rom}}")))
                .memlock()
                .requiredBytes();

        assertThat(uefi).isEqualTo(1L << 30).isEqualTo(seabios - 262144);
        assertThat(rom).isEqualTo(seabios + (1 << 20));
    }

    @Test
    void requestsMemoryForTheLauncherOfATinyGuest() {
        PodPlan.Ready plan = ready(Samples.vm("""
                memory: {guest: 1Mi}
                devices: {gpus: [{name: gpu0, deviceName: holdfast.dev/test-gpu}]}
                """), List.of(Samples.node(List.of(Samples.gpu(1 << 20)))));

        assertThat(plan.overhead()).extracting(Term::name).contains("launcher");
    }

    /** In addition to all other terms, including the launcher's for a tiny guest. */
    @ParameterizedTest
    @CsvSource({"1Mi", "512Mi", "1Ti", "'1.5Mi'", "'10000000.1'"})
    void addsTheOverheadOfTheSpec(String overhead) {
        String spec = """
                memory: {guest: 1Mi%s}
                devices: {gpus: [{name: gpu0, deviceName: holdfast.dev/test-gpu}]}
                """;
        List<PassthroughNode> nodes = List.of(Samples.node(List.of(Samples.gpu(1 << 20))));
        long without = memoryBytes(ready(Samples.vm(spec.formatted("")), nodes));
        long with = memoryBytes(ready(Samples.vm(spec.formatted(", overhead: '" + overhead + "'")), nodes));

        BigDecimal asked = Quantity.getAmountInBytes(new Quantity(overhead));
        long mib = asked.divide(BigDecimal.valueOf(1 << 20), 0, RoundingMode.CEILING)
                .longValue();
        assertThat(with - without).isEqualTo(mib << 20);
    }

    @ParameterizedTest
    @ValueSource(strings = {"lots", "0", "-1Gi", "1023Ki", "1025Gi", "1e300"})
    void refusesAnOverheadOutOfBounds(String overhead) {
        PassthroughVM vm = Samples.vm("""
                memory: {guest: 1Gi, overhead: '%s'}
                devices: {gpus: [{name: gpu0, deviceName: holdfast.dev/test-gpu}]}
                """.formatted(overhead));

        assertInvalid(VmPod.of(vm, Samples.DEFAULTS.pod()), "InvalidSpec", "spec.memory.overhead: Invalid value: ");
    }

    @Test
    void escapesDollarSignsForTheKubelet() {
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
                "memory: {guest: 1Gi}                                                        | InvalidSpec         | spec.devices: Required value",
                "memory: {guest: lots}                                                       | InvalidSpec         | spec.memory.guest",
                "memory: {guest: lots, hugepages: {pageSize: 2Mi}}                           | InvalidSpec         | spec.memory.guest",
                "memory: {guest: 1Gi, hugepages: {}}                                         | InvalidSpec         | spec.memory.hugepages.pageSize: Required value",
                "memory: {guest: 1Gi}, firmware: {bootloader: {}}                            | InvalidSpec         | exactly one of bios and efi",
                "memory: {guest: 1Gi}, firmware: {bootloader: {bios: {}, efi: {}}}           | InvalidSpec         | exactly one of bios and efi",
                "memory: {guest: 1Gi}, devices: {gpus: [{name: a, deviceName: holdfast.dev/x}], hostDevices: [{name: a, deviceName: holdfast.dev/y}]} | InvalidSpec | rename one",
                "memory: {guest: 1Gi}, devices: {gpus: [{name: a, deviceName: example.com/x}]} | InvalidSpec | holdfast.dev/",
            })
    void refusesWithTheMessagesOfTheApiServer(String fields, String reason, String message) {
        String devices = fields.contains("devices") || message.startsWith("spec.devices: Required")
                ? ""
                : ", devices: {gpus: [{name: a, deviceName: holdfast.dev/x}]}";

        PodPlan plan = VmPod.of(Samples.vm("{" + fields + devices + "}"), Samples.DEFAULTS.pod());

        assertThat(plan).isInstanceOfSatisfying(PodPlan.Invalid.class, invalid -> {
            assertThat(invalid.cause().reason()).isEqualTo(reason);
            assertThat(invalid.cause().message()).contains(message);
        });
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "policy: Exact                | Exact     | 269746176",
                "policy: Libvirt              | Libvirt   | 1342177280",
                "{}                           | Exact     | 269746176",
                "policy: Fixed, limit: 300Mi  | Fixed     | 314572800",
                "policy: Unlimited            | Unlimited | ",
            })
    void plansTheLimitByThePolicyOfTheSpec(String memlock, String policy, @Nullable Long limit) {
        PodPlan.Ready plan = ready(memlockVm(memlock), ANY_POLICY);

        assertThat(plan.memlock().policy()).isEqualTo(policy);
        assertThat(plan.memlock().limitBytes()).isEqualTo(limit);
        assertThat(plan.memlock().unlimited()).isEqualTo(limit == null);
        assertThat(plan.memlock().requiredBytes()).isEqualTo((256L << 20) + 262144);
    }

    @ParameterizedTest
    @ValueSource(strings = {"policy: Fixed, limit: 300Mi", "policy: Unlimited"})
    void refusesAPolicyThatTheOperatorDoesNotAllow(String memlock) {
        assertInvalid(
                VmPod.of(memlockVm(memlock), Samples.DEFAULTS.pod()),
                "MemlockPolicyNotAllowed",
                "but the operator of this cluster allows only Exact, Libvirt; use one of these");
    }

    @Test
    void refusesEvenExactWhereOnlyAnotherPolicyIsAllowed() {
        PodSettings defaults = new PodSettings("launcher:test", false, Set.of(Policy.UNLIMITED), "");

        assertInvalid(VmPod.of(memlockVm("{}"), defaults), "MemlockPolicyNotAllowed", "policy is Exact");
    }

    @Test
    void refusesAFixedLimitBelowWhatIsRequiredWithBothNumbers() {
        assertInvalid(
                VmPod.of(memlockVm("policy: Fixed, limit: 256Mi"), ANY_POLICY),
                "MemlockLimitTooLow",
                "the fixed limit is 268435456 bytes, must be at least the required 268697600");
    }

    @Test
    void refusesLibvirtsLimitWhenItIsTooLow() {
        String gpus = IntStream.range(0, 32)
                .mapToObj(i -> "{name: gpu%d, deviceName: holdfast.dev/test-gpu}".formatted(i))
                .collect(Collectors.joining(", "));
        PassthroughVM vm = Samples.vm("""
                memory: {guest: 1Gi, memlock: {policy: Libvirt}}
                devices: {gpus: [%s], iommu: {model: intel}, video: {type: vga, memory: 64Mi}}
                """.formatted(gpus));

        assertInvalid(VmPod.of(vm, Samples.DEFAULTS.pod()), "MemlockLimitTooLow", "use policy Exact");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "policy: Fixed | memlock.limit must be set with policy Fixed",
                "limit: 300Mi  | memlock.limit must be set with policy Fixed",
                "policy: Fixed, limit: lots | spec.memory.memlock.limit: Invalid value: \"lots\"",
            })
    void refusesALimitThatDoesNotFitThePolicy(String memlock, String message) {
        assertInvalid(VmPod.of(memlockVm(memlock), ANY_POLICY), "InvalidSpec", message);
    }

    @ParameterizedTest
    @CsvSource({"intel, INTEL", "virtio, VIRTIO"})
    void givesTheGuestAnIommuAndEachDeviceItsOwnAddressSpace(String model, QemuShape.Iommu iommu) {
        PodPlan.Ready without = ready(Samples.vm(twoGpus("")));
        PodPlan.Ready plan = ready(Samples.vm(twoGpus(", iommu: {model: " + model + "}")));

        assertThat(without.shape().iommu()).isNull();
        assertThat(plan.shape().iommu()).isEqualTo(iommu);
        assertThat(without.memlock().addressSpaces()).isEqualTo(1);
        assertThat(plan.memlock().addressSpaces()).isEqualTo(2);
        assertThat(plan.memlock().requiredBytes())
                .isEqualTo(2 * without.memlock().requiredBytes());
        // The limit is not memory, but the IOMMU's page tables are.
        assertThat(tables(plan)).isEqualTo(2 * tables(without));
    }

    /** Two hundred machines, a thousand by {@code make fuzz}; a failure reports seed and number. */
    @Test
    void neitherCpusNorTheOrderOfDevicesChangeTheLimit() {
        long seed = 20151110;
        Random random = new Random(seed);
        for (int i = 0; i < CaseCount.of(200, 1_000); i++) {
            List<String> devices = new ArrayList<>();
            for (int n = 1 + random.nextInt(8); n > 0; n--) {
                devices.add("{name: d%d, deviceName: holdfast.dev/c%d}".formatted(n, random.nextInt(3)));
            }
            long guest = (1L << 20) + random.nextLong((64L << 40) - (1L << 20));
            String iommu = random.nextBoolean() ? "" : ", iommu: {model: intel}";
            MachineSpec machine = machine(guest, "{cores: 1}", devices, List.of(), iommu);
            int split = random.nextInt(devices.size());
            List<String> shuffled = new ArrayList<>(devices);
            Collections.shuffle(shuffled, random);
            MachineSpec other = machine(
                    guest,
                    "{cores: %d, sockets: 2, threads: 2, model: EPYC}".formatted(1 + random.nextInt(512)),
                    shuffled.subList(0, split),
                    shuffled.subList(split, shuffled.size()),
                    iommu);

            for (Policy policy : List.of(Policy.EXACT, Policy.LIBVIRT)) {
                assertThat(policy.plan(MemlockInputs.of(other, 4096), null))
                        .as("seed %d, number %d: %s and %s", seed, i, machine, other)
                        .isEqualTo(policy.plan(MemlockInputs.of(machine, 4096), null));
            }
        }
    }

    private static MachineSpec machine(
            long guest, String cpu, List<String> gpus, List<String> hostDevices, String iommu) {
        return MachineSpecs.of("{memory: {guest: %d}, cpu: %s, devices: {gpus: [%s], hostDevices: [%s]%s}}"
                .formatted(guest, cpu, String.join(", ", gpus), String.join(", ", hostDevices), iommu));
    }

    private static PassthroughVM memlockVm(String memlock) {
        return Samples.vm("""
                memory: {guest: 256Mi, memlock: {%s}}
                devices: {gpus: [{name: gpu0, deviceName: holdfast.dev/test-gpu}]}
                """.formatted(memlock.replace("{}", "")));
    }

    private static String twoGpus(String more) {
        return """
                memory: {guest: 1Gi}
                devices:
                  {gpus: [{name: a, deviceName: holdfast.dev/g}, {name: b, deviceName: holdfast.dev/g}]%s}
                """.formatted(more);
    }

    private static String largeVm(String memory) {
        return """
                memory: {guest: 64Gi%s}
                devices: {gpus: [{name: gpu0, deviceName: holdfast.dev/test-gpu}]}
                """.formatted(memory);
    }

    private static long tables(PodPlan.Ready plan) {
        return plan.overhead().stream()
                .filter(term -> term.name().equals("iommu-page-tables"))
                .mapToLong(Term::bytes)
                .sum();
    }

    private static void assertInvalid(PodPlan plan, String reason, String message) {
        assertThat(plan).isInstanceOfSatisfying(PodPlan.Invalid.class, invalid -> {
            assertThat(invalid.cause().reason()).isEqualTo(reason);
            assertThat(invalid.cause().message()).contains(message);
        });
    }

    private static PodPlan.Ready ready(PassthroughVM vm) {
        return ready(vm, Samples.DEFAULTS.pod());
    }

    private static PodPlan.Ready ready(PassthroughVM vm, List<PassthroughNode> nodes) {
        return (PodPlan.Ready) VmPod.of(vm, Samples.DEFAULTS.pod(), ReportedNodes.of(nodes));
    }

    private static long memoryBytes(PodPlan.Ready plan) {
        Map<String, Quantity> limits =
                plan.pod().getSpec().getContainers().getFirst().getResources().getLimits();
        return Quantity.getAmountInBytes(limits.get("memory")).longValueExact();
    }

    private static PodPlan.Ready ready(PassthroughVM vm, PodSettings defaults) {
        return (PodPlan.Ready) VmPod.of(vm, defaults);
    }
}
