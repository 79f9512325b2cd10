package dev.holdfast.app;

import dev.holdfast.qemu.qmp.Shutdown;
import dev.holdfast.qemu.shape.GuestPaths;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code holdfast shutdown}: the preStop hook of the VM's pod. */
@Command(
        name = "shutdown",
        description = "Powers off the guest of this pod by ACPI and waits until QEMU has ended.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class)
final class ShutdownCommand implements Callable<Integer> {
    private static final Logger log = LoggerFactory.getLogger(ShutdownCommand.class);
    private static final Duration REPEAT_INTERVAL = Duration.ofSeconds(5);

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            defaultValue = "170",
            description =
                    "Time for the guest to power itself off, after which QEMU is stopped. Default: ${DEFAULT-VALUE}.")
    private int timeoutSeconds;

    @Option(
            names = "--socket",
            paramLabel = "PATH",
            defaultValue = GuestPaths.QMP_SOCKET,
            description = "QEMU's control socket. Default: ${DEFAULT-VALUE}.")
    private Path socket = Path.of(GuestPaths.QMP_SOCKET);

    @Override
    public Integer call() {
        Shutdown shutdown = new Shutdown(socket, REPEAT_INTERVAL, InstantSource.system(), log::info);
        return switch (shutdown.run(Duration.ofSeconds(timeoutSeconds))) {
            case NOT_RUNNING, POWERED_OFF, QUIT -> 0;
            case STUCK -> 1;
        };
    }
}
