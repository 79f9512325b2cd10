package dev.holdfast.reconcile;

import dev.holdfast.api.Names;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import java.net.HttpURLConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the status of a VM for the very object that it was decided for: neither a successor of the same name nor a VM that
 * somebody has changed since gets it.
 */
final class StatusWriter {
    private static final Logger log = LoggerFactory.getLogger(StatusWriter.class);

    private final Context<PassthroughVM> context;

    StatusWriter(Context<PassthroughVM> context) {
        this.context = context;
    }

    /** Writes the status as a whole. Returns false where the API server has another VM by now. */
    boolean write(PassthroughVM vm, PassthroughVMStatus status) {
        return isTaken(vm, () -> apply(vm, status));
    }

    private void apply(PassthroughVM vm, PassthroughVMStatus status) {
        try {
            PassthroughVM written = context.resourceOperations().serverSideApplyPrimaryStatus(fresh(vm, status));
            if (!status.equals(written.getStatus())) {
                // A replacement owns what it wrote, and apply leaves that alone.
                StatusReplacement.write(context.getClient(), written.getMetadata(), status);
            }
        } catch (KubernetesClientException e) {
            if (!StatusReplacement.isNeeded(e)) {
                throw e;
            }
            StatusReplacement.write(context.getClient(), vm.getMetadata(), status);
        }
    }

    /**
     * Writes beside what is stored and cannot be decoded. It is applied by a manager of its own: the operator's would give
     * up all fields that it leaves out, and the API server would remove them. Returns as {@link #write} does.
     */
    boolean writeBeside(PassthroughVM vm, PassthroughVMStatus status) {
        return isTaken(
                vm,
                () -> context.getClient()
                        .resource(fresh(vm, status))
                        .subresource("status")
                        .patch(new PatchContext.Builder()
                                .withPatchType(PatchType.SERVER_SIDE_APPLY)
                                .withFieldManager(Names.OPERATOR + "-undecodable")
                                .withForce(true)
                                .build()));
    }

    private static boolean isTaken(PassthroughVM vm, Runnable write) {
        try {
            write.run();
            return true;
        } catch (KubernetesClientException e) {
            if (e.getCode() != HttpURLConnection.HTTP_CONFLICT && e.getCode() != HttpURLConnection.HTTP_NOT_FOUND) {
                throw e;
            }
            log.atDebug().addKeyValue("vm", VmName.of(vm)).log("VM changed since it was read; looked at again");
            return false;
        }
    }

    /** Only what the operator owns, as server-side apply wants it, with the preconditions. */
    private static PassthroughVM fresh(PassthroughVM vm, PassthroughVMStatus status) {
        PassthroughVM fresh = new PassthroughVM();
        fresh.setMetadata(new ObjectMetaBuilder()
                .withNamespace(vm.getMetadata().getNamespace())
                .withName(vm.getMetadata().getName())
                .withUid(vm.getMetadata().getUid())
                .withResourceVersion(vm.getMetadata().getResourceVersion())
                .build());
        fresh.setStatus(status);
        return fresh;
    }
}
