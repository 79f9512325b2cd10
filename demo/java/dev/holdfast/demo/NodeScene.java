package dev.holdfast.demo;

import dev.holdfast.api.node.Device;
import dev.holdfast.testbed.Stage;
import dev.holdfast.testbed.Testbed;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;

/** A node comes up, and its agent reports what could be passed through. */
final class NodeScene {

    private final Testbed stage;
    private final Transcript transcript;

    NodeScene(Testbed stage, Transcript transcript) {
        this.stage = stage;
        this.transcript = transcript;
    }

    void play(boolean bootGuest) {
        transcript.step("The cluster is up: " + stage.description());
        transcript.step("The virtual node boots (emulated, real kernel, real VFIO)");
        stage.bringUp(bootGuest);

        stage.await("the kubelet has registered the node").until(this::nodeIsReady);
        transcript.step("The node is ready: an administrator's script has bound two GPUs to vfio-pci");
        transcript.show(stage.node().log());

        stage.await("the agent has reported its devices, two groups of them free")
                .until(this::twoGroupsAreFree);
        List<Device> devices = Objects.requireNonNull(
                stage.api().passthroughNode().orElseThrow().getStatus().devices());
        transcript.step("The agent reports (kubectl get ptnode " + Stage.NODE + ")");
        transcript.show(devices.stream().map(NodeScene::row).collect(Collectors.joining("\n")));
    }

    private boolean nodeIsReady() {
        stage.checkAlive();
        return stage.api().nodeIsReady();
    }

    private boolean twoGroupsAreFree() {
        stage.checkAlive();
        return stage.api().freeGroups() == 2;
    }

    private static String row(Device device) {
        String row = "%s  %s:%s  %-13s  group %-3s %-9s %s"
                .formatted(
                        device.pciAddress(),
                        device.vendorID(),
                        device.deviceID(),
                        Objects.requireNonNullElse(device.driver(), "no driver"),
                        device.iommuGroup(),
                        device.state(),
                        Objects.requireNonNullElse(device.deviceClass(), ""));
        return device.message() == null ? row : row + "\n    " + device.message();
    }
}
