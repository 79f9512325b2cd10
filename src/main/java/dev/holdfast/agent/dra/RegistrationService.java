package dev.holdfast.agent.dra;

import dev.holdfast.agent.kubelet.registration.v1.InfoRequest;
import dev.holdfast.agent.kubelet.registration.v1.PluginInfo;
import dev.holdfast.agent.kubelet.registration.v1.RegistrationGrpc;
import dev.holdfast.agent.kubelet.registration.v1.RegistrationStatus;
import dev.holdfast.agent.kubelet.registration.v1.RegistrationStatusResponse;
import dev.holdfast.api.Names;
import dev.holdfast.telemetry.AgentMeters;
import dev.holdfast.text.LogKeys;
import io.grpc.stub.StreamObserver;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Registration service (v1): the kubelet finds its socket and asks which driver is behind it. */
final class RegistrationService extends RegistrationGrpc.RegistrationImplBase {
    private static final Logger log = LoggerFactory.getLogger(RegistrationService.class);

    /** Services at the endpoint; the kubelet uses those that it knows. */
    private static final List<String> SERVICES =
            List.of("v1.DRAPlugin", "v1.DRAResourceHealth", "v1alpha1.DRAResourceHealth");

    private final Path endpoint;
    private final AgentMeters meters;

    /** @param endpoint socket of the driver, with the same path as on the node */
    RegistrationService(Path endpoint, AgentMeters meters) {
        this.endpoint = endpoint;
        this.meters = meters;
    }

    @Override
    public void getInfo(InfoRequest request, StreamObserver<PluginInfo> answer) {
        answer.onNext(PluginInfo.newBuilder()
                .setType("DRAPlugin")
                .setName(Names.DRA_DRIVER)
                .setEndpoint(endpoint.toString())
                .addAllSupportedVersions(SERVICES)
                .build());
        answer.onCompleted();
    }

    @Override
    public void notifyRegistrationStatus(RegistrationStatus status, StreamObserver<RegistrationStatusResponse> answer) {
        meters.driverRegistered(status.getPluginRegistered());
        if (status.getPluginRegistered()) {
            log.atInfo().addKeyValue("driver", Names.DRA_DRIVER).log("registered with the kubelet");
        } else {
            log.atWarn()
                    .addKeyValue("driver", Names.DRA_DRIVER)
                    .addKeyValue(LogKeys.ERROR, status.getError())
                    .log("the kubelet did not accept the driver; it retries, and pods with claims wait for that");
        }
        answer.onNext(RegistrationStatusResponse.getDefaultInstance());
        answer.onCompleted();
    }
}
