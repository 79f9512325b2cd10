package dev.holdfast.app;

import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.machine.MemlockPolicy;
import dev.holdfast.cli.RenderedVm;
import dev.holdfast.cli.VmFile;
import dev.holdfast.plan.observed.ReportedNodes;
import dev.holdfast.plan.pod.PodPlan;
import dev.holdfast.plan.pod.PodSettings;
import dev.holdfast.plan.pod.StopHook;
import dev.holdfast.plan.pod.VmPod;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code holdfast render}: prints the pod and the QEMU command line of a VM, without a cluster. */
@Command(
        name = "render",
        description = {
            "Prints the Pod of a PassthroughVM and, as comments, its memory and QEMU's command line.",
            "A PassthroughVM that the API server would refuse is refused with the server's messages."
        },
        mixinStandardHelpOptions = true,
        versionProvider = Version.class)
final class RenderCommand implements Callable<Integer> {
    private static final Pattern UUID = Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");

    static final String NO_UID = "00000000-0000-0000-0000-000000000000";

    @Option(
            names = {"-f", "--filename"},
            paramLabel = "FILE",
            required = true,
            description = "YAML or JSON with one or more PassthroughVMs; - for standard input.")
    private String file = "-";

    @Option(
            names = "--node",
            paramLabel = "FILE",
            description =
                    "YAML or JSON with PassthroughNodes, as printed by kubectl get ptnode -o yaml: the pod's memory allows"
                            + " for the BARs of their devices. Can be repeated. Sizes are assumed for a class that no node reports.")
    private List<String> nodeFiles = List.of();

    @Option(
            names = "--launcher-image",
            paramLabel = "IMAGE",
            defaultValue = "${env:LAUNCHER_IMAGE:-holdfast-launcher}",
            description = "Launcher image for VMs whose spec has none. Default: ${DEFAULT-VALUE}.")
    private String launcherImage = "";

    @Option(
            names = "--memlock-policies",
            paramLabel = "POLICY",
            split = ",",
            defaultValue = "Exact,Libvirt",
            description = "Memlock policies that the operator allows. Default: ${DEFAULT-VALUE}.")
    private Set<MemlockPolicy> memlockPolicies = Set.of();

    @Option(
            names = "--stop-hook",
            paramLabel = "HOOK",
            defaultValue = "${env:LAUNCHER_STOP_HOOK:-Java}",
            description =
                    "Stop hook that the operator uses: ${COMPLETION-CANDIDATES}. Default: $LAUNCHER_STOP_HOOK, or Java.")
    private StopHook stopHook = StopHook.Java;

    @Option(names = "--allow-emulation", description = "Assume an operator that allows software emulation.")
    private boolean allowEmulation;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        try {
            List<String> documents = new ArrayList<>();
            List<PassthroughNode> nodes = new ArrayList<>();
            for (String nodeFile : nodeFiles) {
                nodes.addAll(VmFile.readNodes(nodeFile, System.in));
            }
            for (PassthroughVM vm : VmFile.read(file, System.in)) {
                documents.add(RenderedVm.of(plan(vm, ReportedNodes.of(nodes)), allowEmulation));
            }
            out.print(String.join("---\n", documents));
            out.flush();
            return 0;
        } catch (IllegalArgumentException e) {
            return Holdfast.refuse(spec.commandLine(), "render", e);
        }
    }

    private PodPlan.Ready plan(PassthroughVM vm, ReportedNodes nodes) {
        complete(vm.getMetadata());
        PodSettings settings =
                new PodSettings(launcherImage, allowEmulation, MemlockPolicies.of(memlockPolicies), "", stopHook);
        return switch (VmPod.of(vm, settings, nodes)) {
            case PodPlan.Ready ready -> ready;
            case PodPlan.Invalid invalid ->
                throw new IllegalArgumentException("%s: PassthroughVM %s: %s"
                        .formatted(
                                file,
                                vm.getMetadata().getName(),
                                invalid.cause().message()));
        };
    }

    /** Returns the UID in the file if it is valid, as it becomes part of QEMU's command line. */
    private static String uid(ObjectMeta metadata) {
        return metadata.getUid() != null && UUID.matcher(metadata.getUid()).matches() ? metadata.getUid() : NO_UID;
    }

    /** Adds the metadata that the API server would set. */
    private void complete(ObjectMeta metadata) {
        metadata.setNamespace(Objects.requireNonNullElse(metadata.getNamespace(), "default"));
        metadata.setUid(uid(metadata));
        metadata.setGeneration(Objects.requireNonNullElse(metadata.getGeneration(), 1L));
    }
}
