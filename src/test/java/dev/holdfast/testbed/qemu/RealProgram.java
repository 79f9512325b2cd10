package dev.holdfast.testbed.qemu;

import dev.holdfast.qemu.argv.QemuArgv;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A QEMU that tests can start. */
public record RealProgram(Path path, Version version) {
    private static final Pattern VERSION = Pattern.compile("version ([0-9]+)\\.([0-9]+)");

    /** Version of QEMU, without the number of the bug fix release. */
    public record Version(int major, int minor) {
        public boolean isAtLeast(int otherMajor, int otherMinor) {
            return major > otherMajor || (major == otherMajor && minor >= otherMinor);
        }
    }

    /** The first one on the PATH. */
    public static RealProgram installed() {
        return of(Stream.of(System.getenv("PATH").split(":"))
                .map(folder -> Path.of(folder, QemuArgv.PROGRAM))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(() -> new AssertionError("this test needs " + QemuArgv.PROGRAM + "; install QEMU")));
    }

    /**
     * The installed one, and that of Debian 13, which images have, where {@code src/test/virtual-node/debian-node} has
     * unpacked it already, as {@code make kernel-truth} and {@code make qemu-test} do.
     */
    public static List<RealProgram> all() {
        RealProgram installed = installed();
        Output tree = run("src/test/virtual-node/debian-node", "--if-cached", "trixie");
        if (tree.status != 0) {
            return List.of(installed);
        }
        RealProgram other = of(Path.of(tree.text.strip(), "launch", QemuArgv.PROGRAM));
        return other.equals(installed) ? List.of(installed) : List.of(installed, other);
    }

    private static RealProgram of(Path path) {
        String text = run(path.toString(), "--version").text;
        Matcher matcher = VERSION.matcher(text);
        if (!matcher.find()) {
            throw new AssertionError(path + " --version printed: " + text);
        }
        return new RealProgram(
                path, new Version(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2))));
    }

    private record Output(int status, String text) {}

    private static Output run(String... command) {
        try {
            Process process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return new Output(process.onExit().join().exitValue(), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String toString() {
        return "QEMU %d.%d".formatted(version.major, version.minor);
    }
}
