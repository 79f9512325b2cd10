package dev.holdfast.agent.dra;

import dev.holdfast.agent.dra.ClaimPreparer.Answer;
import dev.holdfast.agent.kubelet.dra.v1.Claim;
import dev.holdfast.agent.kubelet.dra.v1.DRAPluginGrpc;
import dev.holdfast.agent.kubelet.dra.v1.Device;
import dev.holdfast.agent.kubelet.dra.v1.NodePrepareResourceResponse;
import dev.holdfast.agent.kubelet.dra.v1.NodePrepareResourcesRequest;
import dev.holdfast.agent.kubelet.dra.v1.NodePrepareResourcesResponse;
import dev.holdfast.agent.kubelet.dra.v1.NodeUnprepareResourceResponse;
import dev.holdfast.agent.kubelet.dra.v1.NodeUnprepareResourcesRequest;
import dev.holdfast.agent.kubelet.dra.v1.NodeUnprepareResourcesResponse;
import dev.holdfast.telemetry.AgentMeters;
import dev.holdfast.text.LogKeys;
import dev.holdfast.text.NamespacedName;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** DRA plugin service (v1): prepares and unprepares claims on threads of its own, since that blocks. */
final class DraPluginService extends DRAPluginGrpc.DRAPluginImplBase {
    private static final Logger log = LoggerFactory.getLogger(DraPluginService.class);

    private final String node;
    private final ClaimPreparer claims;
    private final Executor preparing;
    private final Executor unpreparing;
    private final Runnable changed;
    private final AgentMeters meters;

    /**
     * Creates the service.
     *
     * @param node        name of this node, and of its pool
     * @param preparing   runs preparations, which wait for the API server; may reject
     * @param unpreparing runs the rest, so that it never waits for a preparation; may reject
     * @param changed     called after claims were prepared or unprepared
     */
    DraPluginService(
            String node,
            ClaimPreparer claims,
            Executor preparing,
            Executor unpreparing,
            Runnable changed,
            AgentMeters meters) {
        this.node = node;
        this.claims = claims;
        this.preparing = preparing;
        this.unpreparing = unpreparing;
        this.changed = changed;
        this.meters = meters;
    }

    @Override
    public void nodePrepareResources(
            NodePrepareResourcesRequest request, StreamObserver<NodePrepareResourcesResponse> answer) {
        ServerCallStreamObserver<?> call = cancellable(answer);
        run(preparing, answer, () -> {
            NodePrepareResourcesResponse.Builder response = NodePrepareResourcesResponse.newBuilder();
            for (Claim claim : request.getClaimsList()) {
                response.putClaims(claim.getUid(), prepare(claim, call::isCancelled));
            }
            answer.onNext(response.build());
            answer.onCompleted();
            changed.run();
        });
    }

    @Override
    public void nodeUnprepareResources(
            NodeUnprepareResourcesRequest request, StreamObserver<NodeUnprepareResourcesResponse> answer) {
        cancellable(answer);
        run(unpreparing, answer, () -> {
            NodeUnprepareResourcesResponse.Builder response = NodeUnprepareResourcesResponse.newBuilder();
            for (Claim claim : request.getClaimsList()) {
                response.putClaims(claim.getUid(), unprepare(claim));
            }
            answer.onNext(response.build());
            answer.onCompleted();
            changed.run();
        });
    }

    private NodePrepareResourceResponse prepare(Claim claim, BooleanSupplier cancelled) {
        long start = System.nanoTime();
        String name = NamespacedName.of(claim.getNamespace(), claim.getName());
        Answer answer = claims.prepare(claim.getNamespace(), claim.getName(), claim.getUid(), cancelled);
        Duration took = Duration.ofNanos(System.nanoTime() - start);
        return switch (answer) {
            case Answer.Prepared prepared -> {
                meters.claimPrepared("prepared", took);
                log.atInfo()
                        .addKeyValue("claim", name)
                        .addKeyValue("devices", prepared.claim().groupIds())
                        .log("prepared");
                yield devices(prepared.claim());
            }
            case Answer.Refused refused -> {
                meters.claimPrepared("refused", took);
                yield error(name, "preparation refused", refused.message());
            }
            case Answer.Failed failed -> {
                meters.claimPrepared("failed", took);
                yield error(name, "preparation failed", failed.message());
            }
        };
    }

    private NodeUnprepareResourceResponse unprepare(Claim claim) {
        String name = NamespacedName.of(claim.getNamespace(), claim.getName());
        Optional<String> failure = claims.unprepare(claim.getUid());
        meters.claimUnprepared(failure.isEmpty());
        if (failure.isPresent()) {
            log.atWarn()
                    .addKeyValue("claim", name)
                    .addKeyValue(LogKeys.MESSAGE, failure.get())
                    .log("claim is still prepared; the kubelet asks again");
        } else {
            log.atInfo().addKeyValue("claim", name).log("unprepared");
        }
        return NodeUnprepareResourceResponse.newBuilder()
                .setError(failure.orElse(""))
                .build();
    }

    private NodePrepareResourceResponse devices(PreparedClaim claim) {
        NodePrepareResourceResponse.Builder response = NodePrepareResourceResponse.newBuilder();
        for (PreparedClaim.Device device : claim.devices()) {
            Device.Builder message = Device.newBuilder()
                    .addRequestNames(device.request())
                    .setPoolName(node)
                    .setDeviceName(device.device());
            if (device.exclusive() != null) {
                message.addCdiDeviceIds(
                        ClaimCdiFiles.qualified(device.exclusive().cdiDevice()));
            }
            response.addDevices(message);
        }
        return response.build();
    }

    private static NodePrepareResourceResponse error(String claim, String what, String message) {
        log.atWarn()
                .addKeyValue("claim", claim)
                .addKeyValue(LogKeys.MESSAGE, message)
                .log(what);
        return NodePrepareResourceResponse.newBuilder().setError(message).build();
    }

    /** Makes an answer that nobody waits for any more no failure. */
    private static ServerCallStreamObserver<?> cancellable(StreamObserver<?> answer) {
        ServerCallStreamObserver<?> call = (ServerCallStreamObserver<?>) answer;
        call.setOnCancelHandler(() -> log.debug("the kubelet no longer waits for an answer"));
        return call;
    }

    private static void run(Executor executor, StreamObserver<?> answer, Runnable task) {
        try {
            executor.execute(() -> guarded(answer, task));
        } catch (RejectedExecutionException e) {
            answer.onError(Status.RESOURCE_EXHAUSTED
                    .withDescription("too many requests are waiting, or the agent is stopping; it is retried")
                    .asException());
        }
    }

    /** Answers also after a fault of the agent, which the executor would swallow. */
    private static void guarded(StreamObserver<?> answer, Runnable task) {
        try {
            task.run();
        } catch (RuntimeException e) {
            log.atError().setCause(e).log("a request of the kubelet was ended by a fault of the agent");
            answer.onError(Status.INTERNAL
                    .withDescription("fault of the agent; see its log")
                    .asException());
        }
    }
}
