package dev.holdfast.launch;

import dev.holdfast.grant.GrantAnswer;
import dev.holdfast.host.kernel.Libc;
import dev.holdfast.host.kernel.Rlimit;
import dev.holdfast.host.pci.Sysfs;
import dev.holdfast.qemu.dryrun.DryRun;
import dev.holdfast.qemu.shape.GuestPaths;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;

/**
 * The launcher of a container whose files are below a folder: sends no request, and executes this machine's QEMU with
 * another PCI device in place of the GPU. At the last moment all files of its volumes are replaced by links.
 */
final class LaunchProbe {
    private LaunchProbe() {}

    /** Takes the root, the file that the links lead to, and the shape. */
    public static void main(String[] arguments) throws Exception {
        Path root = Path.of(arguments[0]);
        Path stolen = Path.of(arguments[1]);
        GrantAnswer answer =
                new GrantAnswer.Granted(0, List.of(new GrantAnswer.NamedDevice("gpu0", List.of("0000:01:00.0"))));
        new Launcher(
                        request -> answer,
                        (qemu, environment, shape, accelerator, firmware, limit) ->
                                new DryRun.Outcome.Failed("not asked for"),
                        new ReplacedFiles(root, stolen),
                        new LauncherEnvironment(
                                System.getenv(),
                                root.resolve("no-kvm"),
                                root,
                                new GuestFirmware(
                                        Path.of("/"),
                                        root.resolve("run/holdfast/vm"),
                                        root.resolve("run/holdfast/state")),
                                new NodeHardware(new Sysfs(root.resolve("sys")), root.resolve("cpuinfo"))),
                        InstantSource.system(),
                        () -> {})
                .launch(
                        arguments[2],
                        Instant.now(),
                        new GrantWait.Limits(Duration.ofSeconds(1), Duration.ofSeconds(1)));
    }

    private record ReplacedFiles(Path root, Path stolen) implements OwnProcess {
        @Override
        public Rlimit memlockLimit() throws IOException {
            return Libc.memlockLimit();
        }

        @Override
        public void execve(String path, List<String> argv, List<String> environment, List<Integer> inherited)
                throws IOException {
            try (var files = Files.walk(root.resolve("run/holdfast"))) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    Files.delete(file);
                    Files.createSymbolicLink(file, stolen);
                }
            }
            List<String> here = new ArrayList<>(argv);
            here.replaceAll(word -> word.replace(
                            GuestPaths.QMP_SOCKET, root.resolve("qmp.sock").toString())
                    .replaceFirst("^vfio-pci,host=0000:01:00.0", "pci-testdev"));
            here.add("-S");
            Libc.execve(path, here, environment, inherited);
        }
    }
}
