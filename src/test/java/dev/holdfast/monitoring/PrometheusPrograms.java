package dev.holdfast.monitoring;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The programs prometheus and promtool. */
record PrometheusPrograms(Path folder) {
    /** Output of a program that has ended, both streams. */
    record Output(int status, String text) {}

    /**
     * Finds those of this host, or downloads and unpacks those of Debian's package, which lack the discovery of Kubernetes.
     *
     * @throws IllegalStateException if they cannot be had; the script has printed which package is missing
     */
    static PrometheusPrograms find() throws IOException, InterruptedException {
        return new PrometheusPrograms(folderOf("src/test/prometheus/programs"));
    }

    /**
     * Builds those that discover the pods of a cluster, once.
     *
     * @throws IllegalStateException if they cannot be built; the script has printed the reason
     */
    static PrometheusPrograms withKubernetes() throws IOException, InterruptedException {
        return new PrometheusPrograms(folderOf("src/test/prometheus/build"));
    }

    /** Runs a script that prints the path of what it makes; its other output is that of the tests. */
    static Path folderOf(String script) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(script)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String folder = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        if (process.waitFor() != 0) {
            throw new IllegalStateException(script + " has failed; see the lines above");
        }
        return Path.of(folder);
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
