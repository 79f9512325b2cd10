package dev.holdfast.testbed.played;

import dev.holdfast.agent.kubelet.registration.v1.InfoRequest;
import dev.holdfast.agent.kubelet.registration.v1.PluginInfo;
import dev.holdfast.agent.kubelet.registration.v1.RegistrationGrpc;
import dev.holdfast.agent.kubelet.registration.v1.RegistrationStatus;
import dev.holdfast.agent.kubelet.registration.v1.RegistrationStatusResponse;
import io.grpc.stub.StreamObserver;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Names the driver to the kubelet, without the service for health, which a driver need not have. */
final class PlayedRegistration extends RegistrationGrpc.RegistrationImplBase {
    private static final Logger log = LoggerFactory.getLogger(PlayedRegistration.class);

    private final String name;
    private final Path endpoint;

    PlayedRegistration(String name, Path endpoint) {
        this.name = name;
        this.endpoint = endpoint;
    }

    @Override
    public void getInfo(InfoRequest request, StreamObserver<PluginInfo> answer) {
        answer.onNext(PluginInfo.newBuilder()
                .setType("DRAPlugin")
                .setName(name)
                .setEndpoint(endpoint.toString())
                .addSupportedVersions("v1.DRAPlugin")
                .build());
        answer.onCompleted();
    }

    @Override
    public void notifyRegistrationStatus(RegistrationStatus status, StreamObserver<RegistrationStatusResponse> answer) {
        log.info("registered: {} {}", status.getPluginRegistered(), status.getError());
        answer.onNext(RegistrationStatusResponse.getDefaultInstance());
        answer.onCompleted();
    }
}
