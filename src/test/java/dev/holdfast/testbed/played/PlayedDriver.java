package dev.holdfast.testbed.played;

import dev.holdfast.agent.plugin.ServedSocket;
import dev.holdfast.agent.plugin.UnixGrpc;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * DRA driver of another vendor for functions by VFIO: a program on a node that registers with the kubelet and prepares
 * claims. It has one device at a time, and does what its {@link Script} says. Like drivers of vendors it binds the function
 * alone, and knows neither IOMMU groups nor grants. Slices are not its matter: they are objects, which a test can write.
 *
 * <p>Arguments: name of the driver, name of the node, folder of the script.
 */
public final class PlayedDriver {
    private static final Path KUBELET = Path.of("/var/lib/kubelet");

    private PlayedDriver() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        String name = arguments[0];
        Path directory = Files.createDirectories(KUBELET.resolve("plugins").resolve(name));
        PreparedFunctions prepared = new PreparedFunctions(name, Path.of("/var/run/cdi"), Path.of("/sys/bus/pci"));
        UnixGrpc grpc = new UnixGrpc();
        ServedSocket services = new ServedSocket(
                grpc,
                directory.resolve("dra.sock"),
                new PlayedPlugin(new Script(Path.of(arguments[2])), arguments[1], prepared),
                new PlayedHealth());
        ServedSocket registration = new ServedSocket(
                grpc,
                KUBELET.resolve("plugins_registry").resolve(name + "-reg.sock"),
                new PlayedRegistration(name, services.path()));
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            stop(registration);
            stop(services);
        }));
        services.ensure();
        registration.ensure();
        Thread.currentThread().join();
    }

    private static void stop(ServedSocket socket) {
        try {
            socket.stop();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
