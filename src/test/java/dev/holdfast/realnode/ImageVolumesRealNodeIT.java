package dev.holdfast.realnode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.testbed.Product;
import dev.holdfast.testbed.node.NodeVms;
import dev.holdfast.testbed.node.OnRealNode;
import dev.holdfast.testbed.node.RealNode;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Kernel, initrd and disks out of container images, which the kubelet mounts as volumes. */
@OnRealNode
class ImageVolumesRealNodeIT {
    /** The kernel's first words come through SeaBIOS's serial port, long before it has a console. */
    private static final String KERNEL_VM = """
            apiVersion: holdfast.dev/v1alpha1
            kind: PassthroughVM
            metadata: {name: kernel, namespace: default}
            spec:
              memory: {guest: 256Mi}
              firmware:
                kernelBoot:
                  kernelArgs: earlyprintk=ttyS0 console=ttyS0
                  container: {image: "%s", kernelPath: /boot/vmlinuz, initrdPath: /boot/initrd.img}
              devices: {gpus: [{name: gpu0, deviceName: holdfast.dev/radeon}]}
              terminationGracePeriodSeconds: 20
            """.formatted(Product.DEMO_GUEST_IMAGE);

    private static final String UEFI_VM = """
            apiVersion: holdfast.dev/v1alpha1
            kind: PassthroughVM
            metadata: {name: uefi, namespace: default}
            spec:
              memory: {guest: 256Mi}
              firmware: {bootloader: {efi: {}}}
              devices:
                gpus: [{name: gpu0, deviceName: holdfast.dev/radeon}]
                disks: [{name: root}]
              volumes:
                - {name: root, containerDisk: {image: "localhost/holdfast-boot-disks:1", path: /disk/uefi.img, capacity: 8Mi}}
              terminationGracePeriodSeconds: 20
            """;

    private final RealNode node;
    private final NodeVms vms;

    ImageVolumesRealNodeIT(RealNode node) {
        this.node = node;
        vms = new NodeVms(node);
    }

    /** QEMU does not start without them, and what runs is the kernel of the image. */
    @Test
    void aKernelAndItsInitrdComeFromAnImage() {
        node.api().apply(Serialization.unmarshal(KERNEL_VM, PassthroughVM.class));

        vms.awaitRunning("kernel");
        awaitConsole("kernel", "Linux version ");
        awaitConsole("kernel", "RAMDISK: [mem");

        Volume kernel = node.api().pod("kernel").orElseThrow().getSpec().getVolumes().stream()
                .filter(volume -> volume.getName().equals("kernel"))
                .findFirst()
                .orElseThrow();
        assertThat(Objects.requireNonNull(kernel.getImage()).getReference()).isEqualTo(Product.DEMO_GUEST_IMAGE);
    }

    /** OVMF of the launcher's image, and a container disk on whose file system it finds a loader. */
    @Test
    void uefiStartsTheLoaderOfAContainerDisk() {
        node.api().apply(Serialization.unmarshal(UEFI_VM, PassthroughVM.class));

        vms.awaitRunning("uefi");
        awaitConsole("uefi", "holdfast: the loader of the disk runs");
    }

    private void awaitConsole(String vm, String words) {
        node.await(vm + " says '" + words + "'")
                .until(() -> node.logs("default", vm).contains(words));
    }
}
