package dev.holdfast.qemu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Lets QEMU inherit descriptors of this JVM. The JDK closes all of them in a child, so a shell opens the files that they
 * lead to again, under the same numbers; the launcher's own way is tested in ExecQemuTest.
 */
final class Inherited {
    private static final Pattern DESCRIPTOR = Pattern.compile("(?:^fd=|/proc/self/fd/)(\\d+)");
    private static final int O_ACCMODE = 3;

    private Inherited() {}

    static List<String> command(List<String> argv) throws IOException {
        TreeSet<Integer> descriptors = new TreeSet<>();
        for (String word : argv) {
            DESCRIPTOR.matcher(word).results().forEach(found -> descriptors.add(Integer.valueOf(found.group(1))));
        }
        if (descriptors.isEmpty()) {
            return argv;
        }
        StringBuilder script = new StringBuilder("exec");
        for (int descriptor : descriptors) {
            script.append(" %d%s/proc/%d/fd/%1$d"
                    .formatted(
                            descriptor,
                            isReadOnly(descriptor) ? "<" : "<>",
                            ProcessHandle.current().pid()));
        }
        List<String> command = new ArrayList<>(List.of("bash", "-c", script + "; exec \"$@\"", "bash"));
        command.addAll(argv);
        return command;
    }

    private static boolean isReadOnly(int descriptor) throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/fdinfo", Integer.toString(descriptor)))) {
            String flags =
                    lines.filter(line -> line.startsWith("flags:")).findFirst().orElseThrow();
            return (Integer.parseInt(flags.substring("flags:".length()).strip(), 8) & O_ACCMODE) == 0;
        }
    }
}
