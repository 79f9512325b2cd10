package dev.holdfast.testbed.cluster;

import static dev.holdfast.testbed.Progress.eventually;

import dev.holdfast.api.vm.PassthroughVM;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;

/** A policy of the test's own that refuses every write of a VM's status, also the operator's, with 422. */
public final class VmStatusOutage {
    private static final int UNPROCESSABLE = 422;
    private static final String NAMESPACE = "outage";
    private static final PatchContext DRY_RUN = new PatchContext.Builder()
            .withPatchType(PatchType.SERVER_SIDE_APPLY)
            .withFieldManager("probe")
            .withDryRun(List.of("All"))
            .build();
    private static final String POLICY = """
            apiVersion: v1
            kind: List
            items:
            - apiVersion: admissionregistration.k8s.io/v1
              kind: ValidatingAdmissionPolicy
              metadata: {name: test-vm-status-outage}
              spec:
                matchConstraints:
                  resourceRules:
                  - apiGroups: [holdfast.dev]
                    apiVersions: ["*"]
                    resources: [passthroughvms/status]
                    operations: [CREATE, UPDATE]
                validations:
                - {expression: "false", message: a test keeps the status of VMs from being written, reason: Invalid}
            - apiVersion: admissionregistration.k8s.io/v1
              kind: ValidatingAdmissionPolicyBinding
              metadata: {name: test-vm-status-outage}
              spec: {policyName: test-vm-status-outage, validationActions: [Deny]}
            """;

    private final RealCluster real;

    public VmStatusOutage(RealCluster real) {
        this.real = real;
    }

    /** Returns when the API server has taken notice, which it does a moment after the policy is made. */
    public void begin() {
        apply("apiVersion: v1\nkind: Namespace\nmetadata: {name: %s}\n".formatted(NAMESPACE));
        PassthroughVM probe = probe();
        real.admin().resource(probe).create();
        apply(POLICY);
        KubernetesClient operator = real.operator();
        eventually("the status of VMs cannot be written").until(() -> isRefused(operator));
    }

    /** Also when it has not begun. */
    public void end() {
        real.admin().resourceList(POLICY).delete();
        real.admin().resource(probe()).delete();
    }

    private void apply(String yaml) {
        real.admin().resourceList(yaml).serverSideApply();
    }

    /** A halted VM: only its status is ever written. */
    private static PassthroughVM probe() {
        return Serialization.unmarshal("""
                apiVersion: holdfast.dev/v1alpha1
                kind: PassthroughVM
                metadata: {name: probe, namespace: %s}
                spec:
                  runStrategy: Halted
                  memory: {guest: 128Mi}
                  devices: {gpus: [{name: gpu0, deviceName: holdfast.dev/none}]}
                status: {podName: none}
                """.formatted(NAMESPACE), PassthroughVM.class);
    }

    /** An apply, as the operator's own are: another patch of the client's would begin with a get, which no role allows. */
    private static boolean isRefused(KubernetesClient operator) {
        try {
            operator.resource(probe()).subresource("status").patch(DRY_RUN);
            return false;
        } catch (KubernetesClientException e) {
            return e.getCode() == UNPROCESSABLE;
        }
    }
}
