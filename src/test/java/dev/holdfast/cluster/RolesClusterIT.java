package dev.holdfast.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testbed.cluster.Identity;
import dev.holdfast.testbed.cluster.OnRealCluster;
import dev.holdfast.testbed.cluster.RealCluster;
import dev.holdfast.testbed.cluster.TestNamespace;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests the permissions for our kinds of the cluster's roles view, edit and admin, in a user's namespace. */
@OnRealCluster
class RolesClusterIT {
    private final RealCluster cluster;

    RolesClusterIT(RealCluster cluster) {
        this.cluster = cluster;
    }

    @ParameterizedTest(name = "{0} may {1} {2}: {3}")
    @CsvSource({
        "view,  get,              passthroughvms,            yes",
        "view,  watch,            passthroughvms,            yes",
        "view,  create,           passthroughvms,            no",
        "view,  delete,           passthroughvms,            no",
        "edit,  create,           passthroughvms,            yes",
        "edit,  patch,            passthroughvms,            yes",
        "edit,  deletecollection, passthroughvms,            yes",
        "edit,  patch,            passthroughvms/status,     no",
        "edit,  update,           passthroughvms/finalizers, no",
        "view,  list,             passthroughdeviceclasses,  yes",
        "view,  watch,            passthroughdeviceclasses,  yes",
        "view,  list,             passthroughnodes,          no",
        "edit,  patch,            passthroughdeviceclasses/status, no",
        "edit,  create,           passthroughdeviceclasses,  no",
        "edit,  patch,            passthroughnodes/status,   no",
        "admin, update,           passthroughvms,            yes",
        "admin, update,           passthroughvms/status,     no",
        "admin, create,           passthroughdeviceclasses,  no",
        "admin, delete,           passthroughnodes,          no",
    })
    void aggregates(String role, String verb, String resource, String answer, TestNamespace namespace) {
        cluster.user(role, namespace.name());

        String[] parts = resource.split("/", 2);
        assertThat(cluster.kubectl()
                        .attempt(
                                "auth",
                                "can-i",
                                verb,
                                parts[0] + ".holdfast.dev",
                                "--subresource=" + (parts.length == 1 ? "" : parts[1]),
                                "--as=" + Identity.USER.user(),
                                "--namespace=" + namespace)
                        .out()
                        .strip())
                .isEqualTo(answer);
    }
}
