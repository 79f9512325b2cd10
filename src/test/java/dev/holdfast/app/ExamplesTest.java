package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.holdfast.Slow;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.cli.VmFile;
import dev.holdfast.memlock.Policy;
import dev.holdfast.pci.PciAddress;
import dev.holdfast.plan.lifecycle.OperatorSettings;
import dev.holdfast.plan.pod.PodPlan;
import dev.holdfast.plan.pod.VmPod;
import dev.holdfast.qemu.argv.FirmwareFiles;
import dev.holdfast.qemu.argv.NodeFacts;
import dev.holdfast.qemu.argv.NodeFacts.Accelerator;
import dev.holdfast.qemu.argv.QemuArgv;
import dev.holdfast.qemu.qmp.Qmp;
import dev.holdfast.qemu.shape.GuestPaths;
import dev.holdfast.qemu.shape.QemuShape;
import dev.holdfast.testbed.qemu.RealQemu;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Renders each example, and starts its machine with this host's QEMU and other devices in place of the node's. */
@Slow
final class ExamplesTest {
    private static final OperatorSettings DEFAULTS =
            OperatorSettings.of("launcher:test", true, EnumSet.allOf(Policy.class));
    private static final String NO_UID = "00000000-0000-0000-0000-000000000000";
    private static final Path OVMF = Path.of("/usr/share/OVMF");

    @TempDir
    private Path folder = Path.of("");

    static List<Path> files() throws IOException {
        try (Stream<Path> files = Files.walk(Path.of("examples"))) {
            return files.filter(file -> file.toString().endsWith(".yaml"))
                    .filter(ExamplesTest::hasVm)
                    .sorted()
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("files")
    void startsInQemu(Path file) throws IOException {
        for (PassthroughVM vm : VmFile.read(file.toString(), System.in)) {
            PodPlan.Ready plan = plan(vm);

            try (RealQemu qemu = new RealQemu(folder, standIns(argv(plan.shape())), "-S");
                    Qmp qmp = qemu.qmp()) {
                assertThat(qmp.execute("query-status", JsonNodeFactory.instance.objectNode(), Duration.ofSeconds(30))
                                .path("status")
                                .asText())
                        .isEqualTo("prelaunch");
            }
        }
    }

    private static boolean hasVm(Path file) {
        try {
            return Files.readString(file).contains("kind: PassthroughVM\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static PodPlan.Ready plan(PassthroughVM vm) {
        vm.getMetadata().setUid(NO_UID);
        vm.getMetadata().setGeneration(1L);
        return (PodPlan.Ready) VmPod.of(vm, DEFAULTS.pod());
    }

    private List<String> argv(QemuShape shape) throws IOException {
        Map<String, List<PciAddress>> devices = shape.devices().stream()
                .collect(Collectors.toMap(
                        name -> name,
                        name -> List.of(new PciAddress(0, shape.devices().indexOf(name), 0, 0))));
        FirmwareFiles firmware = null;
        if (shape.options().uefi() != null) {
            boolean secure = shape.options().uefi().secureBoot();
            Path variables = Files.copy(
                    OVMF.resolve(secure ? "OVMF_VARS_4M.ms.fd" : "OVMF_VARS_4M.fd"), folder.resolve("variables"));
            Path code = OVMF.resolve(secure ? "OVMF_CODE_4M.secboot.fd" : "OVMF_CODE_4M.fd");
            firmware = new FirmwareFiles(code.toString(), variables.toString(), Files.size(variables), secure);
        }
        return QemuArgv.of(shape, new NodeFacts(Accelerator.TCG, devices).with(firmware));
    }

    /** Replaces what only a node has: devices, memory, huge pages, volumes, ports, and the guest's kernel. */
    private static List<String> standIns(List<String> argv) {
        return argv.stream()
                .map(word -> word.replaceFirst("^vfio-pci,host=[^,]*", "pci-testdev")
                        .replaceFirst(",x-nv-gpudirect-clique=\\d+", "")
                        .replaceFirst(
                                "^memory-backend-\\w+,id=ram0,size=(\\d+).*",
                                "memory-backend-ram,id=ram0,size=$1,reserve=off"))
                .map(word -> word.replaceFirst(
                                "^\\{\"driver\".*\"node-name\":\"(disk\\d+)\".*",
                                "driver=null-co,node-name=$1,size=1073741824")
                        .replaceFirst("^(user,id=[^,]*),.*", "$1"))
                .map(word -> word.startsWith(GuestPaths.KERNEL_DIR) ? anyKernel() : word)
                .toList();
    }

    private static String anyKernel() {
        try (Stream<Path> files = Files.list(Path.of("/boot"))) {
            return files.filter(file -> file.toFile().getName().startsWith("vmlinuz-"))
                    .filter(Files::isReadable)
                    .findFirst()
                    .orElseThrow()
                    .toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
