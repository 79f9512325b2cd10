package dev.holdfast.testbed.qemu;

import dev.holdfast.qemu.shape.GuestPaths;
import dev.holdfast.qemu.shape.QemuShape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A small Linux: this machine's kernel, busybox, and a script that is its init; it is emulated until it powers itself off. */
public final class GuestLinux {
    private static final long MINUTES = 5;
    private static final String PRELUDE = """
            #!/bin/busybox sh
            /bin/busybox --install -s /bin
            export PATH=/bin
            mkdir -p /proc /sys /dev
            mount -t proc proc /proc
            mount -t sysfs sysfs /sys
            # Behind what firmware and boot loader left on the line.
            echo
            """;

    private final Path folder;
    private final Path kernel;
    private final Path initrd;

    /**
     * Builds it.
     *
     * @param folder  an empty one
     * @param script  what it does before it ends, lines of a shell
     * @param modules paths of kernel modules below /lib/modules/VERSION/kernel, loaded before; parameters may follow a path
     */
    public GuestLinux(Path folder, String script, String... modules) throws IOException, InterruptedException {
        this.folder = folder;
        this.kernel = kernelImage();
        this.initrd = folder.resolve("initrd");
        Path root = Files.createDirectories(folder.resolve("root"));
        Files.createDirectories(root.resolve("bin"));
        Files.copy(Path.of("/usr/bin/busybox"), root.resolve("bin/busybox"));
        StringBuilder init = new StringBuilder(PRELUDE);
        Path all = Path.of("/lib/modules", kernel.toString().replaceFirst(".*vmlinuz-", ""), "kernel");
        for (String module : modules) {
            String path = module.replaceFirst(" .*", "");
            String name = all.resolve(path).toFile().getName();
            // As the distribution has them: plain, or packed.
            String unpack =
                    "m=%1$s; if [ -e $m ]; then cat $m; elif [ -e $m.xz ]; then xz -dc $m.xz; else zstd -dcq $m.zst; fi > %2$s"
                            .formatted(all.resolve(path), name);
            run(root, List.of("sh", "-e", "-c", unpack), folder.resolve("module.log"), Map.of());
            init.append("insmod /")
                    .append(name)
                    .append(module.substring(path.length()))
                    .append("\n");
        }
        Path file = Files.writeString(root.resolve("init"), init + script + "\npoweroff -f\n");
        if (!file.toFile().setExecutable(true)) {
            throw new IOException(file + " cannot be made executable");
        }
        run(
                root,
                List.of("sh", "-c", "find . | cpio -o -H newc --quiet > ../initrd"),
                folder.resolve("cpio.log"),
                Map.of());
    }

    /** For a shape. */
    public QemuShape.Kernel kernel() {
        return new QemuShape.Kernel(kernel.toString(), initrd.toString(), "console=ttyS0 quiet panic=-1 tsc=reliable");
    }

    /**
     * Runs it to its end.
     *
     * @return the lines of its console
     */
    public List<String> run(List<String> argv) throws IOException, InterruptedException {
        return run(argv, Map.of());
    }

    /**
     * Boots with additional variables in QEMU's environment.
     *
     * @return the lines of its console
     */
    public List<String> run(List<String> argv, Map<String, String> environment)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(argv);
        command.replaceAll(word ->
                word.replace(GuestPaths.QMP_SOCKET, folder.resolve("qmp.sock").toString()));
        command.add("-no-reboot");
        Path console = folder.resolve("console");
        run(folder, Inherited.command(command), console, environment);
        return Files.readString(console).lines().map(String::strip).toList();
    }

    private static void run(Path where, List<String> command, Path output, Map<String, String> environment)
            throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(where.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().putAll(environment);
        Process process = builder.start();
        try {
            if (!process.waitFor(MINUTES, TimeUnit.MINUTES) || process.exitValue() != 0) {
                throw new AssertionError(command + " did not end well: " + Files.readString(output));
            }
        } finally {
            process.destroyForcibly();
        }
    }

    private static Path kernelImage() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("/boot"))) {
            return files.filter(file -> file.toFile().getName().startsWith("vmlinuz-"))
                    .filter(Files::isReadable)
                    .max(Comparator.naturalOrder())
                    .orElseThrow(
                            () -> new AssertionError(
                                    "/boot has no vmlinuz-* that can be read; src/test/virtual-node/prerequisites installs a kernel"));
        }
    }
}
