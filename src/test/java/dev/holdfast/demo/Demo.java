package dev.holdfast.demo;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.holdfast.stage.Build;
import dev.holdfast.stage.Stage;
import java.io.IOException;
import java.nio.file.Path;

/**
 * The main job, for real: a VM gets a GPU on the virtual node, another is told why it cannot, and both leave nothing
 * behind. Ends with status 0 only when all of that held. {@code GUEST=none} leaves out the guest's operating system.
 */
public final class Demo {
    private static final Path WORK = Path.of("target/demo").toAbsolutePath();

    private Demo() {}

    public static void main(String[] args) throws IOException {
        Build build = Build.here();
        boolean bootGuest = !"none".equals(System.getenv("GUEST"));
        try (Stage stage = Stage.set(build, WORK);
                Transcript transcript = new Transcript(WORK.resolve("transcript.txt"))) {
            Result result = play(build, stage, transcript, bootGuest);
            new ObjectMapper()
                    .enable(SerializationFeature.INDENT_OUTPUT)
                    .writeValue(WORK.resolve("result.json").toFile(), result);
            transcript.step("Everything held. What was observed is in target/demo/result.json");
        } catch (RuntimeException failure) {
            // Awaitility's and our own messages say what was awaited; the rest is in the logs.
            throw new IllegalStateException(
                    "The demo did not hold: %s. The logs are in %s".formatted(failure.getMessage(), WORK), failure);
        }
    }

    private static Result play(Build build, Stage stage, Transcript transcript, boolean bootGuest) {
        new NodeScene(build, stage, transcript).play(bootGuest);
        var vmScene = new GpuVmScene(build, stage, transcript, WORK, bootGuest);
        var running = vmScene.run();
        var blocked = new BlockedVmScene(build, stage, transcript).play();
        var observation = vmScene.delete();
        return new Result(
                running.vm(observation), running.devices(), running.guestPci(), blocked, transcript.seconds());
    }
}
