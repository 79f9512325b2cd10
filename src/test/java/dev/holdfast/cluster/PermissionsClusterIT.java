package dev.holdfast.cluster;

import static dev.holdfast.testbed.Progress.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.holdfast.testbed.cluster.AuditLog;
import dev.holdfast.testbed.cluster.OnRealCluster;
import dev.holdfast.testbed.cluster.Permissions;
import dev.holdfast.testbed.cluster.RealCluster;
import dev.holdfast.testbed.cluster.TestNamespace;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenRequest;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import org.junit.jupiter.api.Test;

/** The judge of the roles, judged. */
@OnRealCluster
class PermissionsClusterIT {
    private static final String ACCOUNT_WITH_ROLES = """
            apiVersion: v1
            kind: List
            items:
            - apiVersion: v1
              kind: ServiceAccount
              metadata: {name: busy, namespace: NAMESPACE}
            - apiVersion: rbac.authorization.k8s.io/v1
              kind: Role
              metadata: {name: busy, namespace: NAMESPACE}
              rules: [{apiGroups: [""], resources: [configmaps], verbs: [create, patch]}]
            - apiVersion: rbac.authorization.k8s.io/v1
              kind: RoleBinding
              metadata: {name: busy, namespace: NAMESPACE}
              roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: busy}
              subjects: [{kind: ServiceAccount, name: busy, namespace: NAMESPACE}]
            - apiVersion: rbac.authorization.k8s.io/v1
              kind: ClusterRole
              metadata: {name: busy-NAMESPACE}
              rules: [{apiGroups: [apps], resources: [deployments/status], verbs: [patch]}]
            - apiVersion: rbac.authorization.k8s.io/v1
              kind: ClusterRoleBinding
              metadata: {name: busy-NAMESPACE}
              roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: busy-NAMESPACE}
              subjects: [{kind: ServiceAccount, name: busy, namespace: NAMESPACE}]
            """;

    private final RealCluster cluster;

    PermissionsClusterIT(RealCluster cluster) {
        this.cluster = cluster;
    }

    @Test
    void tellsApartWhatIsUsedWhatIsNotAndWhatIsMissing(TestNamespace namespace) {
        cluster.admin()
                .resourceList(ACCOUNT_WITH_ROLES.replace("NAMESPACE", namespace.name()))
                .serverSideApply();
        String busyOne = "--as=system:serviceaccount:" + namespace.name() + ":busy";
        // The API server's authorizer learns of roles a moment after they are made.
        eventually("the role holds")
                .until(() -> cluster.kubectl()
                                .attempt("auth", "can-i", "create", "configmaps", busyOne, "-n", namespace.name())
                                .status()
                        == 0);
        ConfigMap made = new ConfigMapBuilder()
                .withNewMetadata()
                .withName("made")
                .withNamespace(namespace.name())
                .endMetadata()
                .build();
        try (KubernetesClient busy = cluster.controlPlane().client(token(namespace))) {
            busy.resource(made).serverSideApply();
            assertThatExceptionOfType(KubernetesClientException.class)
                    .isThrownBy(() -> busy.resource(new SecretBuilder()
                                    .withMetadata(made.getMetadata())
                                    .build())
                            .create());
        }

        Permissions permissions = Permissions.of(cluster, namespace.name(), "busy");

        assertThat(permissions.granted())
                .containsExactly("create configmaps", "patch configmaps", "patch deployments/status.apps");
        assertThat(permissions.used()).containsExactly("create configmaps", "patch configmaps");
        assertThat(permissions.unused()).containsExactly("patch deployments/status.apps");
        assertThat(permissions.refused())
                .singleElement()
                .extracting(AuditLog.Request::permission)
                .isEqualTo("create secrets");
    }

    private String token(TestNamespace namespace) {
        return cluster.admin()
                .serviceAccounts()
                .inNamespace(namespace.name())
                .withName("busy")
                .tokenRequest(new TokenRequest())
                .getStatus()
                .getToken();
    }
}
