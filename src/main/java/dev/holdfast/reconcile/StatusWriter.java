package dev.holdfast.reconcile;

import dev.holdfast.api.Names;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.text.LogKeys;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import java.net.HttpURLConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the status of a VM only to the version of the object that it was planned for: neither to a successor of the same name
 * nor to a VM that was changed since.
 */
final class StatusWriter {
    private static final Logger log = LoggerFactory.getLogger(StatusWriter.class);

    private final Context<PassthroughVM> context;

    StatusWriter(Context<PassthroughVM> context) {
        this.context = context;
    }

    /** Writes the whole status. Returns false when the VM was changed or deleted since it was read. */
    boolean write(PassthroughVM vm, PassthroughVMStatus status) {
        return isAccepted(vm, () -> apply(vm, status));
    }

    private void apply(PassthroughVM vm, PassthroughVMStatus status) {
        try {
            PassthroughVM written = context.resourceOperations().serverSideApplyPrimaryStatus(fresh(vm, status));
            if (!status.equals(written.getStatus())) {
                // An earlier replacement owns its fields, which apply does not remove.
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
     * Writes only the fields of this status and keeps the stored ones, which cannot be decoded. It uses another field manager,
     * as the API server would remove all fields that the operator's manager omits. Returns as {@link #write} does.
     */
    boolean writePartial(PassthroughVM vm, PassthroughVMStatus status) {
        return isAccepted(
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

    private static boolean isAccepted(PassthroughVM vm, Runnable write) {
        try {
            write.run();
            return true;
        } catch (KubernetesClientException e) {
            if (e.getCode() != HttpURLConnection.HTTP_CONFLICT && e.getCode() != HttpURLConnection.HTTP_NOT_FOUND) {
                throw e;
            }
            log.atDebug()
                    .addKeyValue(LogKeys.VM, VmName.of(vm))
                    .log("the VM was changed since it was read; it is reconciled again");
            return false;
        }
    }

    /** Returns an object with only the fields that the operator owns, as server-side apply requires, and the preconditions. */
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
