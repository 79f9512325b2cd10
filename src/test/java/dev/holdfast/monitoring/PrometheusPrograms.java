package dev.holdfast.monitoring;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The programs of Debian's package prometheus. */
record PrometheusPrograms(Path folder) {
    /** Output of a program that has ended, both streams. */
    record Output(int status, String text) {}

    /**
     * Finds the programs; downloads and unpacks the package if they are missing.
     *
     * @throws IllegalStateException if they cannot be had; the script has printed which package is missing
     */
    static PrometheusPrograms find() throws IOException, InterruptedException {
        Process script = new ProcessBuilder("src/test/prometheus/programs")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String folder = new String(script.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        if (script.waitFor() != 0) {
            throw new IllegalStateException("promtool not found; see the lines above");
        }
        return new PrometheusPrograms(Path.of(folder));
    }

    Path prometheus() {
        return folder.resolve("prometheus");
    }

    /** Runs promtool in the working directory of the tests until it ends. */
    Output promtool(String... arguments) throws IOException, InterruptedException {
        List<String> command =
                new ArrayList<>(List.of(folder.resolve("promtool").toString()));
        command.addAll(List.of(arguments));
        Process promtool = new ProcessBuilder(command).redirectErrorStream(true).start();
        String text = new String(promtool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Output(promtool.waitFor(), text);
    }
}
