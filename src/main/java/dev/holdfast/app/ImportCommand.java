package dev.holdfast.app;

import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.cli.InputFile;
import dev.holdfast.cli.VmFile;
import dev.holdfast.convert.Conversion;
import dev.holdfast.convert.draft.DeviceClasses;
import dev.holdfast.convert.draft.Note;
import dev.holdfast.memlock.Policy;
import dev.holdfast.plan.pod.PodPlan;
import dev.holdfast.plan.pod.PodSettings;
import dev.holdfast.plan.pod.VmPod;
import dev.holdfast.text.Quoted;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code holdfast import}: converts a machine of KubeVirt or libvirt to a PassthroughVM, and lists what is not converted. */
@Command(
        name = "import",
        description = {
            "Converts a KubeVirt VM or a libvirt domain to a PassthroughVM, and prints on standard error a line for each part"
                    + " that is not converted, with what to use instead.",
            "Exit status: 0; 2 for input that cannot be used, or that does not pass through a device."
        },
        mixinStandardHelpOptions = true,
        versionProvider = Version.class)
public final class ImportCommand implements Callable<Integer> {
    private static final int MAX_LINES = 200;

    @Option(
            names = {"-f", "--filename"},
            paramLabel = "FILE",
            required = true,
            description =
                    "YAML or JSON with VirtualMachines, VirtualMachineInstances, VirtualMachineInstanceReplicaSets or"
                            + " VirtualMachinePools of KubeVirt, or the XML that virsh dumpxml prints; - for standard"
                            + " input.")
    private String file = "-";

    @Option(
            names = "--device-class",
            paramLabel = "DEVICE=CLASS",
            description =
                    "The class of a device, which is given by its PCI address (0000:65:00.0=a10), its deviceName in"
                            + " KubeVirt (nvidia.com/GA102GL_A10=a10), or the IDs (10de:2236=a10) that a KubeVirt object in the"
                            + " file permits. Can be repeated. A placeholder is printed for a device without a class.")
    private List<String> deviceClasses = List.of();

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        try {
            DeviceClasses classes = new DeviceClasses(deviceClasses);
            byte[] input = InputFile.read(file, System.in, Conversion.MAX_BYTES);
            return switch (Conversion.of(input, classes)) {
                case Conversion.Imported imported -> {
                    out.print(String.join("---\n", imported.documents()));
                    out.flush();
                    print(err, report(imported, classes));
                    yield 0;
                }
                case Conversion.Unusable unusable -> {
                    print(err, unusable.messages().stream().map(message -> errorLine(file + ": " + message)));
                    yield Holdfast.UNUSABLE_INPUT;
                }
            };
        } catch (IllegalArgumentException e) {
            print(err, Stream.of(errorLine(String.valueOf(e.getMessage()))));
            return Holdfast.UNUSABLE_INPUT;
        }
    }

    private static Stream<String> report(Conversion.Imported imported, DeviceClasses classes) {
        return Stream.of(
                        imported.refusals().stream().map(refusal -> "not imported: " + refusal),
                        imported.documents().stream().flatMap(ImportCommand::toCorrect),
                        imported.notes().stream().map(Note::line),
                        classes.unused().stream()
                                .map(
                                        "--device-class %s: not used: no device of the input matches it; give a deviceName or a PCI address of the input"
                                                ::formatted))
                .flatMap(lines -> lines);
    }

    /** Prints the first lines, and the number of the others. */
    private static void print(PrintWriter err, Stream<String> lines) {
        List<String> all = lines.toList();
        all.stream().limit(MAX_LINES).map(Quoted::line).forEach(err::println);
        if (all.size() > MAX_LINES) {
            err.println(
                    "and %d more; import fewer machines at a time to see all lines".formatted(all.size() - MAX_LINES));
        }
    }

    /** Lists the faults for which the operator would refuse the printed document, for the user to correct. */
    private static Stream<String> toCorrect(String document) {
        return faults(document)
                .lines()
                .map(line -> line.replaceFirst("^-:? (PassthroughVM \\S+: )?", ""))
                .map(problem -> "to correct in the output: " + problem);
    }

    /** Returns a line for each fault of a document; an empty text for a valid VM. */
    private static String faults(String document) {
        try {
            InputStream yaml = new ByteArrayInputStream(document.getBytes(StandardCharsets.UTF_8));
            PassthroughVM vm = VmFile.read("-", yaml).getFirst();
            vm.getMetadata().setUid(RenderCommand.NO_UID);
            vm.getMetadata().setGeneration(1L);
            PodSettings settings = new PodSettings("holdfast-launcher", false, EnumSet.of(Policy.EXACT), "");
            return VmPod.of(vm, settings) instanceof PodPlan.Invalid invalid
                    ? invalid.cause().message()
                    : "";
        } catch (IllegalArgumentException e) {
            return String.valueOf(e.getMessage());
        }
    }

    private static String errorLine(String message) {
        return "holdfast import: " + message;
    }
}
