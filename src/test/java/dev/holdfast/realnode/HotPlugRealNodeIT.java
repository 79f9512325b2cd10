package dev.holdfast.realnode;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.holdfast.api.node.Device;
import dev.holdfast.qemu.qmp.Qmp;
import dev.holdfast.testbed.node.NodeVms;
import dev.holdfast.testbed.node.OnRealNode;
import dev.holdfast.testbed.node.RealNode;
import io.fabric8.kubernetes.api.model.Quantity;
import java.io.IOException;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A device that is plugged into the machine, until the scheduler can count on it, and pulled out again. */
@OnRealNode
class HotPlugRealNodeIT {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final RealNode node;

    HotPlugRealNodeIT(RealNode node) {
        this.node = node;
    }

    @Test
    void whatIsPluggedInIsAllocatableOnceVfioHasItAndNoLongerWhenItIsOut() throws IOException {
        try (Qmp monitor = node.node().monitor()) {
            monitor.execute(
                    "device_add",
                    JSON.createObjectNode()
                            .put("driver", "bochs-display")
                            .put("id", "plugged")
                            .put("bus", "port-empty"));
            String address = node.await("the agent reports the new display")
                    .until(this::withoutDriver, Optional::isPresent)
                    .orElseThrow();

            // As driverctl does it.
            node.node()
                    .exec(
                            "sh",
                            "-c",
                            "echo vfio-pci > /sys/bus/pci/devices/$0/driver_override"
                                    + " && echo $0 > /sys/bus/pci/drivers_probe",
                            address)
                    .orThrow();
            awaitAllocatable(2);

            monitor.execute("device_del", JSON.createObjectNode().put("id", "plugged"));
            awaitAllocatable(1);
        }
    }

    private void awaitAllocatable(int count) {
        Quantity wanted = new Quantity(Integer.toString(count));
        node.await(count + " of " + NodeVms.DEMO_GPU + " are allocatable")
                .until(() -> wanted.equals(node.allocatable().get(NodeVms.DEMO_GPU)));
    }

    private Optional<String> withoutDriver() {
        return node.api()
                .devices()
                .filter(device -> device.driver() == null)
                .map(Device::pciAddress)
                .findFirst();
    }
}
