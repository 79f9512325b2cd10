package dev.holdfast.cluster;

import static dev.holdfast.testbed.Progress.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.deviceclass.PassthroughDeviceClass;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.testbed.cluster.AuditLog;
import dev.holdfast.testbed.cluster.HandMadeNode;
import dev.holdfast.testbed.cluster.OnRealCluster;
import dev.holdfast.testbed.cluster.RealCluster;
import dev.holdfast.testbed.cluster.Replica;
import dev.holdfast.testbed.cluster.TestNamespace;
import dev.holdfast.testbed.cluster.Vms;
import dev.holdfast.testbed.fixtures.SpecYaml;
import org.junit.jupiter.api.Test;

/** Tests the status of device classes that users read, and its cost. */
@OnRealCluster
class DeviceClassStatusClusterIT {
    private final RealCluster cluster;

    DeviceClassStatusClusterIT(RealCluster cluster) {
        this.cluster = cluster;
    }

    @Test
    void countsTheHardwareOnceAndNotItsUse(TestNamespace namespace) {
        String name = namespace.name();
        Vms vms = new Vms(cluster.admin(), name);
        HandMadeNode node = HandMadeNode.join(cluster, "node-of-" + name, name, 3);
        deviceClass(name, "10de", "2236");
        try (Replica operator = cluster.startOperator("classes")) {
            eventually("the class is counted", () -> table(name).contains(" 3 3 1 "));
            assertThat(table(name))
                    .matches("NAME RESOURCE SELECTORS BINDING DEVICES USABLE NODES AGE"
                            + " %s holdfast.dev/%s 10de:2236 Adopt 3 3 1 \\S+ ".formatted(name, name));

            vms.create("vm", name);
            node.start(vms, "vm");
            eventually("it runs", () -> vms.phase("vm") == Phase.Running);
            // All classes are looked at together, so that the first was when the second has its counts.
            deviceClass(name + "-b", "1234", "1111");
            eventually("another is counted", () -> table(name + "-b").contains(" 1234:1111 Adopt 0 0 0 "));

            assertThat(writes(name)).isEqualTo(1);
        } finally {
            node.leave();
        }
    }

    private void deviceClass(String name, String vendor, String device) {
        PassthroughDeviceClass gpu =
                SpecYaml.deviceClass(name, "selectors: [{vendorID: '%s', deviceID: '%s'}]".formatted(vendor, device));
        cluster.admin().resource(gpu).serverSideApply();
    }

    private String table(String name) {
        return cluster.kubectl().run("get", "ptclass", name).replaceAll("\\s+", " ");
    }

    private long writes(String name) {
        return cluster.audit().of("system:serviceaccount:holdfast:holdfast-operator").stream()
                .filter(AuditLog.Request::isWrite)
                .filter(request -> request.resource().startsWith("passthroughdeviceclasses"))
                .filter(request -> request.name().equals(name))
                .count();
    }
}
