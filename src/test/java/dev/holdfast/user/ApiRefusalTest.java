package dev.holdfast.user;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.net.ConnectException;
import org.junit.jupiter.api.Test;

class ApiRefusalTest {
    private static final ApiRefusal PATCH = new ApiRefusal("patch", "passthroughvms", "PassthroughVM", "lab", "gpu-vm");

    @Test
    void namesTheMissingRightAndTheRoleThatHasIt() {
        assertThat(
                        message(
                                403,
                                "passthroughvms.holdfast.dev \"gpu-vm\" is forbidden: User \"alice\" cannot patch resource \"passthroughvms\" in API group \"holdfast.dev\" in the namespace \"lab\""))
                .isEqualTo(
                        "this account may not patch passthroughvms in namespace lab; the role edit has this right: `kubectl create rolebinding USER-edit --clusterrole=edit --user=USER -n lab`");
        assertThat(new ApiRefusal("watch", "passthroughvms", "PassthroughVM", "lab", "gpu-vm").missingRight())
                .contains("the role view has this right");
        assertThat(new ApiRefusal("list", "passthroughnodes", "PassthroughNode", "", "").missingRight())
                .isEqualTo("this account may not list passthroughnodes, which requires a ClusterRole");
    }

    /** A watch begins with a list. */
    @Test
    void namesTheVerbThatWasRefused() {
        assertThat(
                        message(
                                403,
                                "passthroughvms.holdfast.dev is forbidden: User \"alice\" cannot list resource \"passthroughvms\""))
                .startsWith("this account may not list passthroughvms in namespace lab; the role view has this right");
    }

    /** An admission policy answers 403 too. */
    @Test
    void showsTheMessageOfAnAdmissionPolicy() {
        assertThat(message(403, "gpu-vm is forbidden: ValidatingAdmissionPolicy 'night' denied request: after 22:00"))
                .isEqualTo(
                        "the API server refuses with status 403: gpu-vm is forbidden: ValidatingAdmissionPolicy 'night' denied request: after 22:00");
    }

    @Test
    void distinguishesAMissingObjectFromAMissingKind() {
        assertThat(message(404, "passthroughvms.holdfast.dev \"gpu-vm\" not found"))
                .startsWith("PassthroughVM lab/gpu-vm not found; ");
        assertThat(message(404, "the server could not find the requested resource"))
                .startsWith("the API server at https://api.example does not serve passthroughvms; ");
    }

    @Test
    void namesTheCauseOfAFailedConnection() {
        KubernetesClientException e = new KubernetesClientException(
                "An error has occurred.", new IOException(new ConnectException("Connection refused")));

        assertThat(PATCH.message(e, "https://api.example"))
                .startsWith("the API server at https://api.example is not reachable: Connection refused; ");
    }

    @Test
    void asksForNewCredentials() {
        assertThat(message(401, "Unauthorized")).contains("does not accept the credentials");
    }

    private static String message(int code, String text) {
        return PATCH.message(
                new KubernetesClientException(
                        text,
                        code,
                        new StatusBuilder().withCode(code).withMessage(text).build()),
                "https://api.example");
    }
}
