package dev.holdfast.testbed;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Paths of the build's results, relative to the root of the repository. */
public record Build(Path root) {
    /** Options of small daemons that must start fast, also on an emulated processor. */
    private static final List<String> QUICK_START =
            List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData", "-Xshare:auto");

    /** The build of the folder that this process was started in, as Maven and the Makefile do. */
    public static Build here() {
        Path root = Path.of("").toAbsolutePath();
        if (!Files.isExecutable(holdfast(root))) {
            throw new IllegalStateException(
                    "No distribution at " + holdfast(root) + ": run `make build` in the root of the repository first.");
        }
        return new Build(root);
    }

    /** The command of the distribution. */
    public Path holdfast() {
        return holdfast(root);
    }

    private static Path holdfast(Path root) {
        return root.resolve("target/holdfast/bin/holdfast");
    }

    /** Folder of the distribution's jars and AOT caches. */
    Path libraries() {
        return distribution().resolve("lib");
    }

    /** Our own classes in the distribution, whatever its version. */
    Path jar() throws IOException {
        try (DirectoryStream<Path> jars = Files.newDirectoryStream(libraries(), "holdfast-*.jar")) {
            for (Path jar : jars) {
                return jar;
            }
        }
        throw new NoSuchFileException(libraries() + "/holdfast-*.jar", null, "run `make build` first");
    }

    public Path distribution() {
        return root.resolve("target/holdfast");
    }

    /** Returns a script of the tests. */
    public Path script(String name) {
        return root.resolve("src/test").resolve(name);
    }

    /** The JDK of this process: its children run on the same, independent of `java` on the PATH. */
    public static Path javaHome() {
        return Path.of(System.getProperty("java.home"));
    }

    /** The command line of a main among the tests. */
    public List<String> java(Class<?> main, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(javaHome().resolve("bin/java").toString());
        command.addAll(QUICK_START);
        command.add("--enable-native-access=ALL-UNNAMED");
        command.add("-cp");
        command.add(testClasspath());
        command.add(main.getName());
        command.addAll(List.of(arguments));
        return command;
    }

    /** Our classes, the tests' and every library, as the Maven build resolved them. */
    public String testClasspath() {
        try {
            return String.join(
                    File.pathSeparator,
                    root.resolve("target/test-classes").toString(),
                    root.resolve("target/classes").toString(),
                    Files.readString(root.resolve("target/test-classpath")).strip());
        } catch (IOException e) {
            throw new UncheckedIOException("The test classpath is missing: run `make build` first.", e);
        }
    }
}
