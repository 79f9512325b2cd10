package dev.holdfast.testbed.node;

import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Allocation;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.testbed.DeviceClaims;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;

/** Devices by Dynamic Resource Allocation on the real node: what the agent publishes, prepares, and leaves behind. */
public record NodeClaims(RealNode node, DeviceClaims claims) {
    /** The only device of the class {@code demo-gpu}, and that of {@code radeon}. */
    public static final String DEMO_GPU = "pci-0000-01-00-0";

    public static final String RADEON = "pci-0000-02-00-0";

    private static final String VM_OF_TWO_DRIVERS = """
            apiVersion: holdfast.dev/v1alpha1
            kind: PassthroughVM
            metadata: {name: both, namespace: default}
            spec:
              memory: {guest: 256Mi}
              terminationGracePeriodSeconds: 5
              resourceClaims:
                - {name: gpu, resourceClaimTemplateName: demo-gpu}
                - {name: other, resourceClaimTemplateName: %s}
              devices:
                gpus: [{name: gpu0, claimName: gpu}]
                hostDevices: [{name: other0, claimName: other}]
            """;

    private static final String CDI_FILES = "ls /var/run/cdi | grep vfio.holdfast.dev-claim || true";

    public static NodeClaims of(RealNode node) {
        return new NodeClaims(node, new DeviceClaims(node.api()));
    }

    /** Has the devices of a class allocated by claims, and waits until the slices have exactly these. */
    public void publish(String deviceClass, String... devices) {
        claims.allocate(deviceClass, Allocation.DRA);
        awaitPublished(devices);
    }

    public void awaitPublished(String... devices) {
        node.await("the slices have " + List.of(devices))
                .until(() -> claims.published().equals(List.of(devices)));
    }

    /** Creates a VM with a device of {@code demo-gpu} by a template, and the template. */
    public void createByTemplate(String vm) {
        claims.createTemplate("demo-gpu");
        claims.createVm(vm, "demo-gpu");
    }

    /** Creates the VM {@code both} with a device of {@code demo-gpu} and one of another driver, by their templates. */
    public void createVmOfTwoDrivers(String otherTemplate) {
        node.api().apply(Serialization.unmarshal(VM_OF_TWO_DRIVERS.formatted(otherTemplate), PassthroughVM.class));
    }

    /** The names of the CDI files of claims on the node, one in a line. */
    public String cdiFiles() {
        return node.node().exec("sh", "-c", CDI_FILES).orThrow();
    }

    public void awaitNothingLeft() {
        node.await("nothing is left of the claim").until(() -> cdiFiles().isBlank() && claims.claims() == 0);
    }

    /** Ends all VMs, and has the device plugins offer all devices again. */
    public void switchBack() {
        node.clean();
        claims.deleteTemplates();
        claims.deleteClaims();
        claims.allocate("demo-gpu", Allocation.DevicePlugin);
        claims.allocate("radeon", Allocation.DevicePlugin);
        node.await("the device plugins offer both devices again").until(node::offersDevices);
    }
}
