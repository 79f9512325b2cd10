package dev.holdfast.app;

import dev.holdfast.grant.GrantSocket;
import dev.holdfast.host.kernel.Libc;
import dev.holdfast.host.kernel.Rlimit;
import dev.holdfast.host.pci.Sysfs;
import dev.holdfast.host.process.Procfs;
import dev.holdfast.launch.GrantClient;
import dev.holdfast.launch.GrantWait;
import dev.holdfast.launch.GuestFirmware;
import dev.holdfast.launch.LaunchException;
import dev.holdfast.launch.Launcher;
import dev.holdfast.launch.LauncherEnvironment;
import dev.holdfast.launch.NodeHardware;
import dev.holdfast.launch.OwnProcess;
import dev.holdfast.launch.TerminationLog;
import dev.holdfast.qemu.dryrun.DryRun;
import dev.holdfast.qemu.shape.GuestPaths;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code holdfast launch}: the entry point of the VM's pod. */
@Command(
        name = "launch",
        description = {
            "Obtains the grant for this pod's VM from the agent of the node and becomes QEMU.",
            "Exit status: 2 for an invalid shape, 3 when the agent refuses, 4 when the node does not meet the requirements;",
            "any other status is QEMU's."
        },
        mixinStandardHelpOptions = true,
        versionProvider = Version.class)
final class LaunchCommand implements Callable<Integer> {
    private static final Logger log = LoggerFactory.getLogger(LaunchCommand.class);
    private static final Path PROC = Path.of("/proc");
    private static final Duration RETRY_INTERVAL = Duration.ofMillis(250);
    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(30);

    @Option(
            names = "--shape",
            paramLabel = "JSON",
            required = true,
            description = "The shape of the machine, as the operator writes it.")
    private String shape = "";

    @Option(
            names = "--patience",
            paramLabel = "SECONDS",
            defaultValue = "120",
            description = "How long the agent may leave the grant undecided. Default: ${DEFAULT-VALUE}.")
    private int patienceSeconds;

    @Option(
            names = "--agent-patience",
            paramLabel = "SECONDS",
            defaultValue = "900",
            description =
                    "How long to wait for an agent that is not responding, for example while it is upgraded. Default: ${DEFAULT-VALUE}.")
    private int agentPatienceSeconds;

    @Option(
            names = "--grant-socket",
            paramLabel = "PATH",
            defaultValue = GrantSocket.DIRECTORY + "/" + GrantSocket.NAME,
            description = "The agent's socket. Default: ${DEFAULT-VALUE}.")
    private Path grantSocket = Path.of(GrantSocket.DIRECTORY, GrantSocket.NAME);

    @Option(
            names = "--kvm",
            paramLabel = "PATH",
            defaultValue = "/dev/kvm",
            description = "KVM's device. Default: ${DEFAULT-VALUE}.")
    private Path kvm = Path.of("/dev/kvm");

    @Option(
            names = "--dry-run-directory",
            paramLabel = "DIR",
            defaultValue = GuestPaths.RUN_DIR,
            description = "Directory for the temporary control socket of the dry-run. Default: ${DEFAULT-VALUE}.")
    private Path dryRunDirectory = Path.of(GuestPaths.RUN_DIR);

    @Option(
            names = "--termination-log",
            paramLabel = "PATH",
            defaultValue = "/dev/termination-log",
            description = "File for the message when the guest cannot start. Default: ${DEFAULT-VALUE}.")
    private Path terminationLog = Path.of("/dev/termination-log");

    @Override
    public Integer call() {
        InstantSource clock = InstantSource.system();
        Launcher launcher = new Launcher(
                new GrantClient(grantSocket, ANSWER_TIMEOUT),
                new DryRun(dryRunDirectory)::measure,
                new NativeProcess(),
                new LauncherEnvironment(
                        System.getenv(),
                        kvm,
                        Path.of("/"),
                        new GuestFirmware(Path.of("/"), Path.of(GuestPaths.RUN_DIR), Path.of(GuestPaths.STATE_DIR)),
                        new NodeHardware(new Sysfs(Path.of("/sys")), PROC.resolve("cpuinfo"))),
                clock,
                () -> LockSupport.parkNanos(RETRY_INTERVAL.toNanos()));
        Duration age = new Procfs(PROC)
                .age(Math.toIntExact(ProcessHandle.current().pid()))
                .orElse(Duration.ZERO);
        Instant started = clock.instant().minus(age);
        try {
            launcher.launch(
                    shape,
                    started,
                    new GrantWait.Limits(
                            Duration.ofSeconds(patienceSeconds), Duration.ofSeconds(agentPatienceSeconds)));
            return 0;
        } catch (LaunchException e) {
            log.error(e.message());
            return end(e.message(), e.exitStatus());
        } catch (RuntimeException | LinkageError e) {
            // A defect, or a missing native library, which the pod's status must show too.
            log.error("the launcher failed", e);
            return end("the launcher failed because of a defect or a broken image: " + e, LaunchException.FAILED);
        }
    }

    private int end(String message, int exitStatus) {
        new TerminationLog(terminationLog).write(message);
        return exitStatus;
    }

    private static final class NativeProcess implements OwnProcess {
        @Override
        public Rlimit memlockLimit() throws IOException {
            return Libc.memlockLimit();
        }

        @Override
        public void execve(String path, List<String> argv, List<String> environment, List<Integer> inherited)
                throws IOException {
            Libc.execve(path, argv, environment, inherited);
        }
    }
}
