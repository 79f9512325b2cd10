package dev.holdfast.testbed.qemu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Lets QEMU inherit descriptors of this JVM. The JDK closes all of them in a child, so perl opens the files that they lead to
 * again, with the same flags and under the same numbers; the launcher's own way is tested in ExecQemuTest.
 */
final class Inherited {
    private static final Pattern DESCRIPTOR = Pattern.compile("(?:^fd=|/proc/self/fd/)(\\d+)");

    /** Access mode, and whether the page cache is bypassed: O_ACCMODE and O_DIRECT. */
    private static final int KEPT_FLAGS = 0x4003;

    private static final String OPEN_AND_RUN = """
            use POSIX ();
            $^F = 1 << 20;
            my @kept;
            while ((my $word = shift) ne "--") {
                my ($number, $flags, $path) = split /:/, $word;
                sysopen(my $file, $path, $flags) or die "$path: $!\\n";
                if (fileno($file) == $number) {
                    push @kept, $file;
                } else {
                    POSIX::dup2(fileno($file), $number) or die "$path: $!\\n";
                }
            }
            exec { $ARGV[0] } @ARGV or die "$ARGV[0]: $!\\n";
            """;

    private Inherited() {}

    static List<String> command(List<String> argv) throws IOException {
        TreeSet<Integer> descriptors = new TreeSet<>();
        for (String word : argv) {
            DESCRIPTOR.matcher(word).results().forEach(found -> descriptors.add(Integer.valueOf(found.group(1))));
        }
        if (descriptors.isEmpty()) {
            return argv;
        }
        List<String> command = new ArrayList<>(List.of("perl", "-e", OPEN_AND_RUN, "--"));
        long pid = ProcessHandle.current().pid();
        for (int descriptor : descriptors) {
            command.add("%d:%d:/proc/%d/fd/%1$d".formatted(descriptor, flags(descriptor), pid));
        }
        command.add("--");
        command.addAll(argv);
        return command;
    }

    private static int flags(int descriptor) throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/fdinfo", Integer.toString(descriptor)))) {
            String flags =
                    lines.filter(line -> line.startsWith("flags:")).findFirst().orElseThrow();
            return Integer.parseInt(flags.substring("flags:".length()).strip(), 8) & KEPT_FLAGS;
        }
    }
}
