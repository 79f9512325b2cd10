package dev.holdfast.testbed.apiserver;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The cluster's side on the host as one process: the API server and its controllers. Runs until it is killed. */
@Command(name = "control-plane")
public final class ControlPlane implements Callable<Integer> {
    @Option(names = "--port", description = "of the loopback address; 0 lets the kernel choose")
    private int port;

    @Option(names = "--ready-file", description = "gets the URL of the API server once all is up")
    private @Nullable Path readyFile;

    @Option(
            names = "--refuse-vm-status-while",
            paramLabel = "FILE",
            description = "while this file exists, the status of VMs cannot be written")
    private @Nullable Path refuseVmStatus;

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new ControlPlane()).execute(arguments));
    }

    @Override
    public Integer call() throws Exception {
        // All of it is used until the process ends, so nothing is closed.
        MockApiServer server = MockApiServer.start(
                new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port),
                Clock.systemUTC(),
                () -> refuseVmStatus != null && Files.exists(refuseVmStatus));
        Controllers.start(server.client(), Clock.systemUTC());
        if (readyFile != null) {
            // The rename makes the file appear complete or not at all.
            Path unfinished = readyFile.resolveSibling(readyFile.getFileName() + ".new");
            Files.writeString(unfinished, server.url() + "\n");
            Files.move(unfinished, readyFile, StandardCopyOption.ATOMIC_MOVE);
        }
        new CountDownLatch(1).await();
        return 0;
    }
}
