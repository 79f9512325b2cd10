package dev.holdfast.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.Names;
import dev.holdfast.api.deviceclass.PassthroughDeviceClass;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Allocation;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.Memlock;
import dev.holdfast.testbed.DeviceClaims;
import dev.holdfast.testbed.VmFiles;
import dev.holdfast.testbed.WholeChain;
import dev.holdfast.testbed.cluster.AuditLog;
import dev.holdfast.testbed.cluster.Permissions;
import dev.holdfast.testbed.cluster.RealCluster;
import dev.holdfast.testbed.cluster.StagedCluster;
import dev.holdfast.testbed.cluster.Vms;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceClass;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The whole chain with a real control plane: operator, agent, kubelet and user with their own identities, under the
 * shipped roles and policies. At the end, the audit log shows whether the roles were sufficient, and not too wide.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class VirtualNodeClusterIT extends WholeChain {
    private static final Logger log = LoggerFactory.getLogger(VirtualNodeClusterIT.class);
    /** The pod and a status for each phase; where the phases take less than a second, statuses are skipped. */
    private static final int WRITES_OF_A_SLOW_START = 6;

    private static final int AFTER_ALL_OTHERS = Integer.MAX_VALUE;

    VirtualNodeClusterIT() {
        super(Path.of("target/virtual-node-cluster-it"), StagedCluster::start);
    }

    @Test
    void aVmThatCannotRunTellsItsUserByEventsAndGivesItsPodUpWhenHalted() {
        PassthroughVM vm = VmFiles.read(build.root().resolve("examples/blocked-vm.yaml"));
        stage.api().apply(VmFiles.withUserData(vm, "#cloud-config\npassword: geheim\n"));
        stage.await("an Event says why the VM does not run")
                .until(() -> reasonsTold("blocked-vm").contains("DeviceNotViable"));
        // Its cloud-init data came by a Secret, which the operator made and cannot read.
        assertThat(stage.api().pod("blocked-vm"))
                .hasValueSatisfying(pod -> assertThat(Serialization.asYaml(pod)).doesNotContain("geheim"));
        assertThat(stage.cluster()
                        .admin()
                        .secrets()
                        .inNamespace("default")
                        .list()
                        .getItems())
                .filteredOn(secret -> secret.getMetadata().getName().startsWith("blocked-vm-cloudinit-"))
                .singleElement()
                .satisfies(secret -> assertThat(secret.getData()).containsOnlyKeys("userdata"));

        stage.api()
                .user()
                .resources(PassthroughVM.class)
                .inNamespace("default")
                .withName("blocked-vm")
                .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\": {\"runStrategy\": \"Halted\"}}");

        stage.await("the operator has deleted the halted VM's pod")
                .until(() -> stage.api().pod("blocked-vm").isEmpty());
    }

    @Test
    void aClassThatBindsSaysWithoutTheOverlayThatItIsMissing() {
        stage.await("the agent has reported")
                .until(() -> stage.api().passthroughNode().isPresent());
        setBinding("Bind");

        stage.await("an Event tells what is missing")
                .until(() -> bindingsTold().stream()
                        .anyMatch(event -> event.getMessage().contains("install the overlay overlays/bind")));
        assertThat(bindingsTold()).extracting(Event::getReason).containsOnly("BindFailed");
        assertThat(stage.node()
                        .exec("readlink", "/sys/bus/pci/devices/0000:03:00.1/driver")
                        .orThrow())
                .contains("snd_hda_intel");

        setBinding("Adopt");
    }

    @Test
    void aVmWithVariablesThatStayHasAClaim() {
        PassthroughVM vm = Vms.sample("vm-with-state", "no-such-class");
        vm = Serialization.unmarshal(
                Serialization.asYaml(vm)
                        .replace("spec:\n", "spec:\n  firmware: {bootloader: {efi: {persistent: true}}}\n"),
                PassthroughVM.class);
        stage.api().user().resource(vm).inNamespace("default").create();

        stage.await("the operator has made the claim")
                .until(() -> stage.cluster()
                                .admin()
                                .persistentVolumeClaims()
                                .inNamespace("default")
                                .withName("vm-with-state-state")
                                .get()
                        != null);

        stage.api().user().resource(vm).inNamespace("default").delete();
    }

    /** The scheduler allocates, the kubelet prepares, the agent grants; a second class changes a slice that is there. */
    @Test
    void aVmGetsItsDeviceByAClaim() {
        DeviceClaims claims = new DeviceClaims(stage.api());
        claims.allocate("radeon", Allocation.DRA);
        stage.await("the group is published").until(() -> claims.published().equals(List.of("pci-0000-02-00-0")));
        claims.allocate("demo-gpu", Allocation.DRA);
        stage.await("both groups are published")
                .until(() -> claims.published().equals(List.of("pci-0000-01-00-0", "pci-0000-02-00-0")));
        stage.await("the operator has created its DeviceClasses")
                .until(() -> deviceClass("demo-gpu").get() != null
                        && deviceClass("radeon").get() != null);
        deviceClass("demo-gpu")
                .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\": {\"extendedResourceName\": null}}");
        stage.await("the operator has repaired its DeviceClass")
                .until(() -> "holdfast.dev/demo-gpu"
                        .equals(deviceClass("demo-gpu").get().getSpec().getExtendedResourceName()));

        claims.createTemplate("demo-gpu");
        Instant created = Instant.now();
        claims.createVm("vm", "demo-gpu");

        PassthroughVMStatus running = awaitRunning();
        // As with the device plugin: claims and slices cost the start no write of ours.
        Instant started = becameReady(running);
        assertThat(writes(Names.OPERATOR, created))
                .filteredOn(write -> write.name().equals("vm") && write.time().isBefore(started))
                .hasSizeLessThanOrEqualTo(WRITES_OF_A_SLOW_START);
        assertThat(writes(Names.AGENT, created))
                .extracting(AuditLog.Request::resource)
                .containsOnly("passthroughnodes/status");
        assertThat(Objects.requireNonNull(running.devices()))
                .singleElement()
                .satisfies(device -> assertThat(device.pciAddresses()).containsExactly("0000:01:00.0", "0000:01:00.1"));
        Memlock memlock = Objects.requireNonNull(running.memlock());
        assertThat(memlock.limitBytes()).isEqualTo(256 * MIB + 256 * 1024 + MIB);
        assertThat(memlock.appliedBytes()).isEqualTo(memlock.limitBytes());

        stage.api().deleteVms();
        stage.await("no pod and no claim is left")
                .until(() -> stage.api().pod("vm").isEmpty() && claims.claims() == 0);
        claims.deleteTemplates();
        claims.allocate("demo-gpu", Allocation.DevicePlugin);
        claims.allocate("radeon", Allocation.DevicePlugin);
        stage.await("neither slices nor DeviceClasses are left")
                .until(() -> claims.published().isEmpty()
                        && deviceClass("demo-gpu").get() == null
                        && deviceClass("radeon").get() == null);
    }

    /** Returns the end of the second in which the VM became ready; its memory is reported later, each time that it changes. */
    private static Instant becameReady(PassthroughVMStatus status) {
        return Objects.requireNonNull(status.conditions()).stream()
                .filter(condition -> condition.getType().equals("Ready"))
                .map(condition ->
                        Instant.parse(condition.getLastTransitionTime()).plusSeconds(1))
                .findFirst()
                .orElseThrow();
    }

    /** The writes of a component since a moment, Events and Leases apart. */
    private List<AuditLog.Request> writes(String serviceAccount, Instant since) {
        return ((StagedCluster) stage.cluster())
                .real().audit().of("system:serviceaccount:" + RealCluster.NAMESPACE + ":" + serviceAccount).stream()
                        .filter(AuditLog.Request::isWrite)
                        .filter(request -> !List.of("events", "leases").contains(request.resource()))
                        .filter(request -> !request.time().isBefore(since))
                        .toList();
    }

    private Resource<DeviceClass> deviceClass(String name) {
        return stage.cluster()
                .admin()
                .dynamicResourceAllocation()
                .v1()
                .deviceClasses()
                .withName(name);
    }

    private void setBinding(String binding) {
        stage.cluster()
                .admin()
                .resources(PassthroughDeviceClass.class)
                .withName("cirrus")
                .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\": {\"binding\": \"" + binding + "\"}}");
    }

    private List<Event> bindingsTold() {
        return stage.cluster().admin().v1().events().inNamespace("default").list().getItems().stream()
                .filter(event ->
                        "PassthroughNode".equals(event.getInvolvedObject().getKind()))
                .toList();
    }

    private List<String> reasonsTold(String vm) {
        return stage.api().user().v1().events().inNamespace("default").list().getItems().stream()
                .filter(event -> vm.equals(event.getInvolvedObject().getName())
                        && "PassthroughVM".equals(event.getInvolvedObject().getKind()))
                .map(Event::getReason)
                .toList();
    }

    @Test
    @Order(AFTER_ALL_OTHERS)
    void theAgentWasRefusedNothingAndUsedAllThatItsRolesGrant() {
        Permissions agent = permissions(Names.AGENT);

        assertThat(agent.refused()).isEmpty();
        assertThat(agent.granted()).isNotEmpty();
        assertThat(agent.unused()).isEmpty();
    }

    @Test
    @Order(AFTER_ALL_OTHERS)
    void theOperatorWasRefusedNothingAndUsedAllThatItsRolesGrant() {
        Permissions operator = permissions(Names.OPERATOR);

        assertThat(operator.refused()).isEmpty();
        // Never a separate request: admission checks this permission when the operator's pods block their owner's
        // deletion.
        assertThat(operator.unused()).containsExactly("update passthroughvms/finalizers.holdfast.dev");
    }

    @Test
    @Order(AFTER_ALL_OTHERS)
    void theAgentsWatchesAreStreams() {
        // An upgrade is written down as 101 even when the server then refuses it on the connection it has taken over.
        assertThat(((StagedCluster) stage.cluster())
                        .real()
                        .audit()
                        .of("system:serviceaccount:" + RealCluster.NAMESPACE + ":" + Names.AGENT))
                .filteredOn(request -> request.verb().equals("watch"))
                .extracting(AuditLog.Request::code)
                .containsOnly(200);
    }

    private Permissions permissions(String serviceAccount) {
        Permissions permissions =
                Permissions.of(((StagedCluster) stage.cluster()).real(), RealCluster.NAMESPACE, serviceAccount);
        log.atInfo()
                .addKeyValue("serviceAccount", serviceAccount)
                .addKeyValue("used", permissions.used())
                .addKeyValue("unused", permissions.unused())
                .log("Permissions");
        return permissions;
    }
}
