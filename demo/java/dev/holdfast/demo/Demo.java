package dev.holdfast.demo;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.testbed.Build;
import dev.holdfast.testbed.EmbeddedCluster;
import dev.holdfast.testbed.Stage;
import dev.holdfast.testbed.Testbed;
import dev.holdfast.testbed.VmFiles;
import dev.holdfast.testbed.cluster.StagedCluster;
import dev.holdfast.testbed.node.RealNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/**
 * The main function, for real: a VM gets a GPU on the virtual node, another shows why it cannot, and both leave nothing
 * behind. Ends with status 0 only when all of that held. {@code GUEST=none} leaves out the guest's operating system,
 * {@code CLUSTER=real} has a real control plane in place of the embedded one, and {@code CLUSTER=kubelet} besides a real
 * kubelet and containerd, with Holdfast from its images. With {@code ALLOCATION=dra}, which requires one of these, the VM
 * gets its GPU by a ResourceClaim.
 */
public final class Demo {
    private static final Path WORK = Path.of("target/demo").toAbsolutePath();

    private Demo() {}

    public static void main(String[] args) throws IOException {
        Build build = Build.here();
        boolean bootGuest = !"none".equals(System.getenv("GUEST"));
        boolean byClaim = "dra".equals(System.getenv("ALLOCATION"));
        try (Testbed stage = testbed(build, Objects.requireNonNullElse(System.getenv("CLUSTER"), ""));
                Transcript transcript = new Transcript(WORK.resolve("transcript.txt"))) {
            Result result = play(build, stage, transcript, bootGuest, byClaim);
            new ObjectMapper()
                    .enable(SerializationFeature.INDENT_OUTPUT)
                    .writeValue(WORK.resolve("result.json").toFile(), result);
            transcript.step("Everything held. What was observed is in target/demo/result.json");
        } catch (RuntimeException failure) {
            complain(failure);
            System.exit(1);
        }
    }

    private static Testbed testbed(Build build, String cluster) {
        return switch (cluster) {
            case "kubelet" -> RealNode.withControlPlane(build, WORK, RealNode.Setup.usual(build));
            case "real" -> Stage.set(build, WORK, StagedCluster::start);
            default -> Stage.set(build, WORK, EmbeddedCluster::start);
        };
    }

    /** Awaitility's messages and our own name the awaited condition; details are in the folder of the logs. */
    @SuppressWarnings("SystemOut") // The terminal is what a demo is for.
    private static void complain(RuntimeException failure) throws IOException {
        System.err.printf("%nThe demo failed: %s%nThe logs are in %s%n", failure.getMessage(), WORK);
        var trace = new StringWriter();
        failure.printStackTrace(new PrintWriter(trace, true));
        Files.writeString(WORK.resolve("failure.txt"), trace.toString());
    }

    private static Result play(Build build, Testbed stage, Transcript transcript, boolean bootGuest, boolean byClaim) {
        new NodeScene(stage, transcript).play(bootGuest);
        PassthroughVM example = VmFiles.read(build.root().resolve("examples/gpu-vm.yaml"));
        PassthroughVM vm = bootGuest ? example : VmFiles.withoutGuest(example);
        var vmScene = new GpuVmScene(build, stage, transcript, WORK, bootGuest);
        var running = vmScene.run(byClaim ? new ClaimScene(build, stage, transcript).play(vm) : vm);
        var blocked = new BlockedVmScene(build, stage, transcript).play();
        var observation = vmScene.delete();
        return new Result(
                running.vm(observation), running.devices(), running.guestPci(), blocked, transcript.seconds());
    }
}
