package dev.holdfast.realnode;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.api.Names;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Allocation;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.testbed.DeviceClaims;
import dev.holdfast.testbed.node.NodeClaims;
import dev.holdfast.testbed.node.NodeVms;
import dev.holdfast.testbed.node.OnRealNode;
import dev.holdfast.testbed.node.RealNode;
import dev.holdfast.testbed.node.RunningVm;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Devices by Dynamic Resource Allocation: the scheduler allocates, the kubelet prepares, the agent serves both. */
@OnRealNode
class DraRealNodeIT {
    private static final long MIB = 1024 * 1024;

    /** Where a program finds the file about its device. */
    private static final String METADATA =
            "/var/run/kubernetes.io/dra-device-attributes/resourceclaimtemplates/gpu/gpu/vfio.holdfast.dev-metadata.json";

    /** Prints that file, and the names of its VFIO devices. */
    private static final String READER = """
            apiVersion: v1
            kind: Pod
            metadata: {name: reader, namespace: default}
            spec:
              restartPolicy: Never
              securityContext: {runAsNonRoot: true, runAsUser: 1000, seccompProfile: {type: RuntimeDefault}}
              resourceClaims: [{name: gpu, resourceClaimTemplateName: demo-gpu}]
              containers:
                - name: reader
                  image: busybox:1
                  command: [/bin/sh, -c, cat %s && echo && ls /dev/vfio && echo end]
                  securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
                  resources: {claims: [{name: gpu}]}
            """.formatted(METADATA);

    private final RealNode node;
    private final NodeVms vms;
    private final NodeClaims published;
    private final DeviceClaims claims;

    DraRealNodeIT(RealNode node) {
        this.node = node;
        vms = new NodeVms(node);
        published = NodeClaims.of(node);
        claims = published.claims();
    }

    @AfterEach
    void switchBack() {
        returnAgent();
        node.kubectl().run("delete", "pod", "reader", "--namespace=default", "--ignore-not-found");
        published.switchBack();
    }

    @Test
    void aVmGetsItsGroupByAClaimTemplateWithItsExactLimit() {
        published.publish("demo-gpu", NodeClaims.DEMO_GPU);

        published.createByTemplate("vm");
        PassthroughVMStatus running = vms.awaitRunning("vm");

        assertThat(Objects.requireNonNull(running.devices()))
                .singleElement()
                .satisfies(device -> assertThat(device.pciAddresses()).containsExactly("0000:01:00.0", "0000:01:00.1"));
        long limit =
                Objects.requireNonNull(Objects.requireNonNull(running.memlock()).limitBytes());
        assertThat(limit).isEqualTo(256 * MIB + 256 * 1024 + MIB);
        RunningVm vm = RunningVm.await(vms, "vm");
        assertThat(vm.memlockLimit()).isEqualTo(limit + " " + limit);
        assertThat(published.cdiFiles()).hasLineCount(1);
        assertThat(node.userKubectl().run("exec", "vm", "--namespace=default", "--", "cat", METADATA))
                .contains("\"0000:01:00.0\"");

        vms.delete("vm");
        vms.awaitGone("vm");
        published.awaitNothingLeft();
    }

    /** By the device metadata of KEP-5304, in a pod that is no VM. */
    @Test
    void aProgramInThePodReadsWhichFunctionItHas() {
        published.publish("demo-gpu", NodeClaims.DEMO_GPU);
        claims.createTemplate("demo-gpu");
        node.api().apply(Serialization.unmarshal(READER, Pod.class));

        List<String> read = node.await("the program has ended")
                .until(() -> node.logs("default", "reader"), log -> log.contains("end"))
                .lines()
                .toList();
        JsonNode device =
                Serialization.unmarshal(read.getFirst(), JsonNode.class).at("/requests/0/devices/0");
        assertThat(device.at("/driver").asText()).isEqualTo(Names.DRA_DRIVER);
        assertThat(device.at("/name").asText()).isEqualTo(NodeClaims.DEMO_GPU);
        assertThat(device.at("/attributes/resource.kubernetes.io~1pciBusID/string")
                        .asText())
                .isEqualTo("0000:01:00.0");
        assertThat(read.subList(1, read.size()))
                .containsExactly(device.at("/attributes/iommuGroup/int").asText(), "vfio", "end");
    }

    /** A device that is not viable or has no class by DRA is in no slice. */
    @Test
    void onlyViableGroupsOfTheClassAreAdvertised() {
        published.publish("demo-gpu", NodeClaims.DEMO_GPU);

        published.publish("radeon", NodeClaims.DEMO_GPU, NodeClaims.RADEON);
    }

    @Test
    void aDeviceNameGetsItsDeviceByTheExtendedResourceOfTheDeviceClass() {
        published.publish("radeon", NodeClaims.RADEON);

        vms.create("vm", NodeVms.RADEON);

        // As long as the Node still has the count of the device plugin, the kubelet refuses the pod, and the VM gets
        // another.
        PassthroughVMStatus running = vms.awaitRunningInTheEnd("vm");
        assertThat(Objects.requireNonNull(running.devices()))
                .singleElement()
                .satisfies(device -> assertThat(device.pciAddresses()).containsExactly("0000:02:00.0"));
        assertThat(published.cdiFiles()).hasLineCount(1);
    }

    @Test
    void aClassIsSwitchedUnderARunningVmOnceThatHasEnded() {
        vms.create("vm", NodeVms.DEMO_GPU);
        RunningVm running = RunningVm.await(vms, "vm");

        claims.allocate("demo-gpu", Allocation.DRA);
        node.await("the agent reports what the class waits for")
                .until(() -> node.holdfastLogs("holdfast-agent-").contains("but the allocation of the class is DRA"));
        running.assertUntouched();
        assertThat(claims.published()).isEmpty();

        vms.delete("vm");
        vms.awaitGone("vm");
        published.awaitPublished(NodeClaims.DEMO_GPU);
    }

    @Test
    void aSecondVmIsNotGivenTheClaimOfARunningOne() {
        published.publish("demo-gpu", NodeClaims.DEMO_GPU);
        claims.createClaim("demo-gpu");
        claims.createVmWithClaim("vm", "demo-gpu");
        RunningVm running = RunningVm.await(vms, "vm");

        claims.createVmWithClaim("second", "demo-gpu");

        node.await("the second VM reports who has its claim")
                .until(() -> node.api().condition("second", "Ready").stream()
                        .anyMatch(condition -> condition.getReason().equals("ResourceClaimReserved")
                                && condition.getMessage().contains("is reserved for pod vm")));
        assertThat(node.api().pod("second")).isEmpty();
        running.assertUntouched();

        vms.delete("vm");
        vms.awaitRunning("second");
    }

    @Test
    void theKubeletsRestartLeavesSlicesAndVmsAsTheyWere() {
        published.publish("demo-gpu", NodeClaims.DEMO_GPU);
        published.createByTemplate("vm");
        RunningVm running = RunningVm.await(vms, "vm");

        node.daemon("restart", "kubelet");
        node.kubectl().run("delete", "resourceslices", "--all");

        published.awaitPublished(NodeClaims.DEMO_GPU);
        running.assertUntouched();
    }

    @Test
    void aPodThatEndsWhileTheAgentIsAwayEndsOnceItIsBack() {
        published.publish("demo-gpu", NodeClaims.DEMO_GPU);
        published.createByTemplate("vm");
        RunningVm running = RunningVm.await(vms, "vm");
        removeAgent();

        vms.delete("vm");
        node.await("QEMU has ended").until(() -> node.qemuPid(running.podUid()).isEmpty());
        assertThat(node.api().pod("vm")).isPresent();

        returnAgent();
        vms.awaitGone("vm");
        published.awaitNothingLeft();
    }

    @Test
    void aForcedDeleteLeavesTheDeviceToTheNextVm() {
        published.publish("demo-gpu", NodeClaims.DEMO_GPU);
        published.createByTemplate("vm");
        vms.awaitRunning("vm");

        node.kubectl().run("delete", "pod", "vm", "--namespace=default", "--force", "--grace-period=0");
        vms.delete("vm");
        node.await("the VM is gone").until(() -> node.api().vm("vm").isEmpty());

        claims.createVm("next", "demo-gpu");
        vms.awaitRunningInTheEnd("next");
    }

    /** The DaemonSet stays, without a node for its pods. */
    private void removeAgent() {
        selectNodes("{\"example.com/none\":\"\"}");
        node.await("the agent is gone").until(() -> agents() == 0);
    }

    private void returnAgent() {
        selectNodes("{\"example.com/none\":null}");
        node.await("the agent is back").until(node::holdfastIsReady);
    }

    private void selectNodes(String labels) {
        node.kubectl()
                .run(
                        "patch",
                        "daemonset",
                        "holdfast-agent",
                        "--namespace=holdfast",
                        "--type=merge",
                        "--patch={\"spec\":{\"template\":{\"spec\":{\"nodeSelector\":" + labels + "}}}}");
    }

    private long agents() {
        return node.api().holdfastsPods().stream()
                .filter(pod -> pod.getMetadata().getName().startsWith("holdfast-agent-"))
                .count();
    }
}
