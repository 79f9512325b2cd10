package dev.holdfast.testbed.kubelet.device;

import dev.holdfast.agent.kubelet.v1beta1.Empty;
import dev.holdfast.agent.kubelet.v1beta1.RegisterRequest;
import dev.holdfast.agent.kubelet.v1beta1.RegistrationGrpc;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The Registration service at kubelet.sock. Dials the plugin back before it answers, as the kubelet does. */
public final class Registration extends RegistrationGrpc.RegistrationImplBase {
    private static final Logger log = LoggerFactory.getLogger(Registration.class);

    private final UnixGrpc grpc;
    private final Path directory;
    private final DeviceManager devices;

    public Registration(UnixGrpc grpc, Path directory, DeviceManager devices) {
        this.grpc = grpc;
        this.directory = directory;
        this.devices = devices;
    }

    /** Empties the directory, which makes plugins of a former kubelet register again, and serves. */
    public Server start() throws IOException {
        Files.createDirectories(directory);
        try (DirectoryStream<Path> stale = Files.newDirectoryStream(directory)) {
            for (Path file : stale) {
                Files.delete(file);
            }
        }
        return grpc.serve(directory.resolve("kubelet.sock"), this);
    }

    @Override
    public void register(RegisterRequest request, StreamObserver<Empty> answer) {
        if (!request.getVersion().equals("v1beta1")) {
            answer.onError(Status.INVALID_ARGUMENT
                    .withDescription("the version is " + request.getVersion() + ", the kubelet supports v1beta1")
                    .asRuntimeException());
            return;
        }
        try {
            PluginConnection plugin = PluginConnection.dial(grpc.connect(directory.resolve(request.getEndpoint())));
            devices.register(request.getResourceName(), plugin);
        } catch (StatusRuntimeException e) {
            log.atWarn()
                    .addKeyValue("resource", request.getResourceName())
                    .addKeyValue("endpoint", request.getEndpoint())
                    .addKeyValue("cause", e.getMessage())
                    .log("Device plugin does not answer where it says");
            answer.onError(Status.UNAVAILABLE
                    .withDescription("failed to dial device plugin: " + e.getMessage())
                    .asRuntimeException());
            return;
        }
        log.atInfo()
                .addKeyValue("resource", request.getResourceName())
                .addKeyValue("endpoint", request.getEndpoint())
                .log("Device plugin registered");
        answer.onNext(Empty.getDefaultInstance());
        answer.onCompleted();
    }
}
