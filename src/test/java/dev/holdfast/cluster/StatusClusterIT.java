package dev.holdfast.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.api.Names;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.testbed.cluster.OnRealCluster;
import dev.holdfast.testbed.cluster.RealCluster;
import dev.holdfast.testbed.cluster.TestNamespace;
import dev.holdfast.testbed.cluster.Vms;
import dev.holdfast.testbed.fixtures.Statuses;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Spec and status have one writer each; no operator runs here. */
@OnRealCluster
class StatusClusterIT {
    private final RealCluster cluster;
    private Vms vms;
    private KubernetesClient operator;

    StatusClusterIT(RealCluster cluster) {
        this.cluster = cluster;
    }

    @BeforeEach
    void aHaltedVm(TestNamespace namespace) {
        vms = new Vms(cluster.admin(), namespace.name());
        operator = cluster.operator();
        PassthroughVM vm = Vms.sample("vm", "none");
        vms.client().resource(vm).inNamespace(vms.namespace()).create();
    }

    @Test
    void theStatusSurvivesAWriteOfTheSpecAndTheSpecOneOfTheStatus() {
        apply(Names.OPERATOR, true, status("said by the operator"));
        long generation = generation();

        vms.resource("vm")
                .patch(
                        PatchContext.of(PatchType.JSON_MERGE),
                        "{\"spec\":{\"memory\":{\"guest\":\"256Mi\"}},\"status\":{\"printableStatus\":\"forged\"}}");

        assertThat(printable()).isEqualTo("said by the operator");
        assertThat(generation()).isEqualTo(generation + 1);

        PassthroughVM both = object(status("said again"));
        both.setSpec(Vms.sample("vm", "other").getSpec());
        operator.resource(both).subresource("status").patch(PatchContext.of(PatchType.JSON_MERGE));

        assertThat(printable()).isEqualTo("said again");
        assertThat(generation()).as("a new status is no new generation").isEqualTo(generation + 1);
        assertThat(Objects.requireNonNull(vms.get("vm").getSpec().devices().gpus())
                        .getFirst()
                        .deviceName())
                .isEqualTo("holdfast.dev/none");
    }

    @Test
    void anApplyOfTheSpecWithAStatusInItOwnsNoStatus() {
        PassthroughVM vm = Vms.sample("vm", "none");
        vm.getMetadata().setNamespace(vms.namespace());
        vm.setStatus(status("forged"));

        cluster.admin().resource(vm).fieldManager("kubectl").forceConflicts().serverSideApply();

        assertThat(vms.status("vm").map(PassthroughVMStatus::printableStatus)).isEmpty();
    }

    @Test
    void anotherManagerConflictsUnlessItForcesAndTheOperatorForcesItBack() {
        apply(Names.OPERATOR, true, status("mine"));

        assertThatThrownBy(() -> apply("another-operator", false, status("theirs")))
                .isInstanceOfSatisfying(
                        KubernetesClientException.class,
                        conflict -> assertThat(conflict.getCode()).isEqualTo(409))
                .hasMessageContaining(Names.OPERATOR);
        assertThat(printable()).isEqualTo("mine");

        apply("another-operator", true, status("theirs"));
        apply(Names.OPERATOR, true, status("mine again"));
        assertThat(printable()).isEqualTo("mine again");
    }

    @Test
    void whatTheOperatorNoLongerSaysIsGone() {
        apply(Names.OPERATOR, true, status("here"));

        apply(Names.OPERATOR, true, status(null));

        assertThat(vms.status("vm").orElseThrow().printableStatus()).isNull();
    }

    @Test
    void aStatusThatWasDecidedForAnotherVmOrAnOlderOneIsRefused() {
        PassthroughVM read = vms.get("vm");
        PassthroughVM first = decidedFor(read, status("first"));

        apply(Names.OPERATOR, true, first);
        assertThat(printable()).isEqualTo("first");

        assertThatThrownBy(() -> apply(Names.OPERATOR, true, decidedFor(read, status("of an old copy"))))
                .isInstanceOfSatisfying(
                        KubernetesClientException.class,
                        conflict -> assertThat(conflict.getCode()).isEqualTo(409));
        PassthroughVM now = vms.get("vm");
        vms.resource("vm").delete();
        vms.client()
                .resource(Vms.sample("vm", "none"))
                .inNamespace(vms.namespace())
                .create();

        assertThatThrownBy(() -> apply(Names.OPERATOR, true, decidedFor(now, status("of the former VM"))))
                .isInstanceOfSatisfying(
                        KubernetesClientException.class,
                        conflict -> assertThat(conflict.getCode()).isEqualTo(409));
        assertThat(vms.status("vm").map(PassthroughVMStatus::printableStatus)).isEmpty();
    }

    /** Returns the VM with the UID and the status that the operator decided for. */
    private PassthroughVM decidedFor(PassthroughVM read, PassthroughVMStatus status) {
        PassthroughVM vm = object(status);
        vm.getMetadata().setUid(read.getMetadata().getUid());
        vm.getMetadata().setResourceVersion(read.getMetadata().getResourceVersion());
        return vm;
    }

    private void apply(String manager, boolean force, PassthroughVMStatus status) {
        apply(manager, force, object(status));
    }

    private void apply(String manager, boolean force, PassthroughVM vm) {
        PatchContext context = new PatchContext.Builder()
                .withPatchType(PatchType.SERVER_SIDE_APPLY)
                .withFieldManager(manager)
                .withForce(force)
                .build();
        operator.resource(vm).subresource("status").patch(context, vm);
    }

    private PassthroughVM object(PassthroughVMStatus status) {
        PassthroughVM vm = new PassthroughVM();
        vm.setMetadata(new ObjectMetaBuilder()
                .withNamespace(vms.namespace())
                .withName("vm")
                .build());
        vm.setStatus(status);
        return vm;
    }

    private static PassthroughVMStatus status(@Nullable String printable) {
        return Statuses.of(
                printable == null
                        ? Map.of("phase", "Pending")
                        : Map.of("phase", "Pending", "printableStatus", printable));
    }

    private @Nullable String printable() {
        return vms.status("vm").orElseThrow().printableStatus();
    }

    private long generation() {
        return vms.get("vm").getMetadata().getGeneration();
    }
}
