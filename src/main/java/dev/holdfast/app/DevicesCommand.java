package dev.holdfast.app;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.holdfast.host.Sysfs;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Node preflight, on any Linux host, without a cluster and without root. */
@Command(
        name = "devices",
        description = "Tells what of this machine can be passed through, what keeps the rest from it, and what to do.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class)
final class DevicesCommand implements Callable<Integer> {
    private enum Output {
        table,
        json
    }

    @Option(
            names = "--sysfs",
            paramLabel = "DIR",
            defaultValue = "/sys",
            description = "Where sysfs is. Default: ${DEFAULT-VALUE}.")
    private Path sysfs = Path.of("/sys");

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            defaultValue = "table",
            description = "${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    private Output output = Output.table;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws JsonProcessingException {
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        DevicesReport report;
        try {
            report = DevicesReport.of(new Sysfs(sysfs));
        } catch (IOException e) {
            spec.commandLine().getErr().println("holdfast devices: " + e.getMessage());
            return Holdfast.UNUSABLE_INPUT;
        }
        out.print(output == Output.json ? json(report) : DevicesTable.of(report));
        out.flush();
        return 0;
    }

    private static String json(DevicesReport report) throws JsonProcessingException {
        return JsonMapper.builder()
                        .enable(SerializationFeature.INDENT_OUTPUT)
                        .build()
                        .writeValueAsString(report)
                + System.lineSeparator();
    }
}
