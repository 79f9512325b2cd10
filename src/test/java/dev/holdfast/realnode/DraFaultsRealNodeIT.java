package dev.holdfast.realnode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testbed.Stage;
import dev.holdfast.testbed.node.NodeClaims;
import dev.holdfast.testbed.node.NodeVms;
import dev.holdfast.testbed.node.OnRealNode;
import dev.holdfast.testbed.node.RealNode;
import dev.holdfast.testbed.node.RunningVm;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Claims while the agent is killed, cannot write, or another driver of the same pod fails. */
@OnRealNode
class DraFaultsRealNodeIT {
    /** A driver that publishes a device and runs on no node. */
    private static final String ABSENT_DRIVER = """
            apiVersion: resource.k8s.io/v1
            kind: ResourceSlice
            metadata: {name: absent-driver}
            spec:
              driver: absent.example.com
              nodeName: %1$s
              pool: {name: %1$s, generation: 1, resourceSliceCount: 1}
              devices: [{name: d0}]
            ---
            apiVersion: resource.k8s.io/v1
            kind: DeviceClass
            metadata: {name: absent}
            spec: {selectors: [{cel: {expression: "device.driver == 'absent.example.com'"}}]}
            ---
            apiVersion: resource.k8s.io/v1
            kind: ResourceClaimTemplate
            metadata: {name: absent, namespace: default}
            spec: {spec: {devices: {requests: [{name: device, exactly: {deviceClassName: absent}}]}}}
            """;

    private final RealNode node;
    private final NodeVms vms;
    private final NodeClaims published;

    DraFaultsRealNodeIT(RealNode node) {
        this.node = node;
        vms = new NodeVms(node);
        published = NodeClaims.of(node);
    }

    @AfterEach
    void switchBack() {
        cdiFolder("0755");
        published.switchBack();
        objects(ABSENT_DRIVER)
                .forEach(object -> node.api().admin().resource(object).delete());
    }

    /** The agent has no CAP_DAC_OVERRIDE: a folder without write permission is one that it cannot write. */
    @Test
    void aClaimThatCannotBePreparedIsReportedAndPreparedByTheNextAgent() {
        published.publish("demo-gpu", NodeClaims.DEMO_GPU);
        cdiFolder("0555");
        published.createByTemplate("vm");
        node.await("the VM reports why its device is not prepared")
                .until(() -> node.api().condition("vm", "Ready").stream()
                        .anyMatch(condition -> condition.getMessage().contains("/var/run/cdi")));
        assertThat(published.cdiFiles()).isBlank();

        String pod = vms.podUid("vm");
        killAgent();
        cdiFolder("0755");

        vms.awaitRunning("vm");
        assertThat(vms.podUid("vm")).isEqualTo(pod);
        assertThat(published.cdiFiles()).hasLineCount(1);
    }

    @Test
    void anAgentKilledBeforeItUnpreparesLeavesNothing() {
        published.publish("demo-gpu", NodeClaims.DEMO_GPU);
        published.createByTemplate("vm");
        RunningVm.await(vms, "vm");

        vms.delete("vm");
        killAgent();

        vms.awaitGone("vm");
        published.awaitNothingLeft();
    }

    @Test
    void aPodWhoseOtherDriverFailsCanBeDeletedAndItsDeviceIsFree() {
        published.publish("demo-gpu", NodeClaims.DEMO_GPU);
        objects(ABSENT_DRIVER)
                .forEach(object -> node.api().admin().resource(object).create());
        published.claims().createTemplate("demo-gpu");
        published.createVmOfTwoDrivers("absent");
        node.await("the VM reports the driver that is not there")
                .until(() -> node.api().condition("both", "Ready").stream()
                        .anyMatch(condition -> condition.getMessage().contains("absent.example.com")));

        vms.delete("both");
        vms.awaitGone("both");
        published.awaitNothingLeft();

        published.claims().createVm("next", "demo-gpu");
        vms.awaitRunning("next");
    }

    private void cdiFolder(String mode) {
        node.node().exec("chmod", mode, "/var/run/cdi").orThrow();
    }

    private void killAgent() {
        node.node()
                .exec(
                        "sh",
                        "-c",
                        "for p in /proc/[0-9]*; do tr '\\0' ' ' < $p/cmdline 2>/dev/null | grep -q 'app.Holdfast[ ]agent '"
                                + " && kill -KILL ${p#/proc/} && found=yes; done; test -n \"$found\"")
                .orThrow();
    }

    private static List<HasMetadata> objects(String yaml) {
        return Arrays.stream(yaml.formatted(Stage.NODE).split("---\n"))
                .map(document -> Serialization.<HasMetadata>unmarshal(document))
                .toList();
    }
}
