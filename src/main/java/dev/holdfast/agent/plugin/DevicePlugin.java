package dev.holdfast.agent.plugin;

import dev.holdfast.agent.kubelet.v1beta1.DevicePluginOptions;
import dev.holdfast.agent.kubelet.v1beta1.RegisterRequest;
import dev.holdfast.agent.kubelet.v1beta1.RegistrationGrpc;
import dev.holdfast.api.Names;
import dev.holdfast.text.LogKeys;
import io.grpc.BindableService;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One resource at the kubelet: its server, and whether the kubelet of the moment knows of it. Used by one thread.
 *
 * <p>A kubelet empties the directory when it starts and knows nothing then. So what counts is not an event but two
 * questions that may be asked at any time: is our socket still there, and is kubelet.sock still the one that we
 * registered at?
 */
final class DevicePlugin {
    private static final Logger log = LoggerFactory.getLogger(DevicePlugin.class);
    private static final String API_VERSION = "v1beta1";
    private static final long REGISTER_SECONDS = 10;

    private final UnixGrpc grpc;
    private final String resource;
    private final Path kubelet;
    private final ServedSocket socket;
    private final DevicePluginOptions options;
    private final Registrations registrations;
    private ServedSocket.@Nullable Identity registeredAt;

    /** Receives each registration and whether the kubelet accepted it. */
    @FunctionalInterface
    interface Registrations {
        void count(boolean accepted);
    }

    /** @param deviceClass part of the resource's name after the prefix: that of a class, or {@link Names#GRANT} */
    DevicePlugin(
            String deviceClass,
            Path directory,
            UnixGrpc grpc,
            BindableService service,
            DevicePluginOptions options,
            Registrations registrations) {
        this.grpc = grpc;
        this.options = options;
        this.registrations = registrations;
        resource = Names.resourceOf(deviceClass);
        kubelet = directory.resolve("kubelet.sock");
        socket = new ServedSocket(grpc, directory.resolve(PluginSocket.nameOf(deviceClass, directory)), service);
    }

    boolean registered() {
        return registeredAt != null;
    }

    /**
     * Serves and registers where needed; costs two stat calls otherwise.
     *
     * @throws IOException when the kubelet is not running or refuses the registration; retry later
     */
    void ensure() throws IOException {
        if (socket.ensure()) {
            registeredAt = null;
        }
        ServedSocket.Identity kubeletNow = ServedSocket.Identity.of(kubelet);
        if (kubeletNow == null) {
            registeredAt = null;
            throw new IOException("socket of the kubelet " + kubelet + " not found; " + resource
                    + " is registered once the kubelet runs");
        }
        if (!kubeletNow.equals(registeredAt)) {
            registeredAt = null;
            register();
            registeredAt = kubeletNow;
        }
    }

    void stop() throws IOException {
        registeredAt = null;
        socket.stop();
    }

    private void register() throws IOException {
        ManagedChannel channel = grpc.connect(kubelet);
        try {
            RegistrationGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(REGISTER_SECONDS, TimeUnit.SECONDS)
                    .register(RegisterRequest.newBuilder()
                            .setVersion(API_VERSION)
                            .setEndpoint(String.valueOf(socket.path().getFileName()))
                            .setResourceName(resource)
                            .setOptions(options)
                            .build());
            registrations.count(true);
            log.atInfo()
                    .addKeyValue(LogKeys.RESOURCE, resource)
                    .addKeyValue(LogKeys.SOCKET, socket.path())
                    .log("registered with the kubelet");
        } catch (StatusRuntimeException e) {
            registrations.count(false);
            throw new IOException(
                    "the kubelet did not accept the registration of " + resource + " (" + UnixGrpc.message(e)
                            + "); it is retried",
                    e);
        } finally {
            channel.shutdownNow();
        }
    }
}
