package dev.holdfast.app;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine;

/**
 * A machine to import, in a folder of src/test/resources/import: {@code vm.yaml}, {@code vm.json} or {@code domain.xml},
 * {@code options} with the device classes, one a line, and what is printed: {@code output.yaml}, which is not there for an
 * input that is refused, and {@code errors.txt}.
 */
public record ImportCase(Path folder) {
    private static final Path ALL = Path.of("src/test/resources/import");

    /** What the command did. */
    public record Result(int status, String out, String err) {}

    public static List<ImportCase> all() throws IOException {
        try (Stream<Path> folders = Files.list(ALL)) {
            return folders.sorted().map(ImportCase::new).toList();
        }
    }

    public Path input() {
        return Stream.of("vm.yaml", "vm.json", "domain.xml")
                .map(folder::resolve)
                .filter(Files::exists)
                .findFirst()
                .orElseThrow();
    }

    public boolean isDomain() {
        return Files.exists(folder.resolve("domain.xml"));
    }

    public boolean isRefused() {
        return folder.getFileName().toString().startsWith("refused-");
    }

    public Path output() {
        return folder.resolve("output.yaml");
    }

    public Path errors() {
        return folder.resolve("errors.txt");
    }

    public Result run() throws IOException {
        List<String> arguments = new ArrayList<>(List.of("-f", input().toString()));
        Path options = folder.resolve("options");
        if (Files.exists(options)) {
            Files.readAllLines(options).forEach(option -> arguments.addAll(List.of("--device-class", option)));
        }
        return run(arguments.toArray(String[]::new));
    }

    public static Result run(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int status = new CommandLine(new ImportCommand())
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(arguments);
        return new Result(status, out.toString(), err.toString());
    }

    @Override
    public String toString() {
        return folder.getFileName().toString();
    }
}
