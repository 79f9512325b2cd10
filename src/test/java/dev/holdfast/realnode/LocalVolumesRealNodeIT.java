package dev.holdfast.realnode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.testbed.VirtualNode;
import dev.holdfast.testbed.node.NodeVms;
import dev.holdfast.testbed.node.OnRealNode;
import dev.holdfast.testbed.node.RealNode;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Claims on volumes of the node, one with a file system and one that is a block device, bound only when a pod that uses them
 * has a node. The guest is the boot sector of a container disk, which writes itself to the other two disks.
 */
@OnRealNode
class LocalVolumesRealNodeIT {
    private static final String FOLDER = "/mnt/disk/volumes";

    private static final String STORAGE_CLASS = """
            apiVersion: storage.k8s.io/v1
            kind: StorageClass
            metadata: {name: local}
            provisioner: kubernetes.io/no-provisioner
            volumeBindingMode: WaitForFirstConsumer
            """;

    private static final String VOLUME = """
            apiVersion: v1
            kind: PersistentVolume
            metadata: {name: %1$s}
            spec:
              storageClassName: local
              capacity: {storage: 8Mi}
              accessModes: [ReadWriteOnce]
              volumeMode: %2$s
              persistentVolumeReclaimPolicy: Retain
              local: {path: %3$s}
              nodeAffinity:
                required:
                  nodeSelectorTerms:
                    - matchExpressions: [{key: kubernetes.io/hostname, operator: In, values: [virtual-node]}]
            """;

    private static final String CLAIM = """
            apiVersion: v1
            kind: PersistentVolumeClaim
            metadata: {name: %1$s, namespace: default}
            spec:
              storageClassName: local
              accessModes: [ReadWriteOnce]
              volumeMode: %2$s
              resources: {requests: {storage: 8Mi}}
            """;

    private static final String VM = """
            apiVersion: holdfast.dev/v1alpha1
            kind: PassthroughVM
            metadata: {name: claims, namespace: default}
            spec:
              memory: {guest: 256Mi}
              devices:
                gpus: [{name: gpu0, deviceName: holdfast.dev/radeon}]
                disks: [{name: root, bootOrder: 1}, {name: data}, {name: block}]
              volumes:
                - {name: root, containerDisk: {image: "localhost/holdfast-boot-disks:1", path: /disk/bios.img, capacity: 8Mi}}
                - {name: data, persistentVolumeClaim: {claimName: data}}
                - {name: block, persistentVolumeClaim: {claimName: block}}
              terminationGracePeriodSeconds: 20
            """;

    private final RealNode node;
    private final NodeVms vms;
    private String loop = "";

    LocalVolumesRealNodeIT(RealNode node) {
        this.node = node;
        vms = new NodeVms(node);
    }

    /** Prepares the volumes as an administrator would: the disk's file belongs to root, and only root may read it. */
    @BeforeEach
    void volumes() {
        exec("modprobe", "loop");
        exec("mkdir", "-p", FOLDER + "/data");
        exec("truncate", "-s", "1M", FOLDER + "/data/disk.img", FOLDER + "/block.img");
        exec("chmod", "0600", FOLDER + "/data/disk.img");
        loop = exec("losetup", "--find", "--show", FOLDER + "/block.img").strip();
        create(STORAGE_CLASS);
        create(VOLUME.formatted("data", "Filesystem", FOLDER + "/data"));
        create(VOLUME.formatted("block", "Block", loop));
        create(CLAIM.formatted("data", "Filesystem"));
        create(CLAIM.formatted("block", "Block"));
    }

    @AfterEach
    void takeAway() {
        node.clean();
        node.kubectl().run("delete", "pvc", "data", "block", "--namespace=default");
        node.kubectl().run("delete", "pv", "data", "block");
        node.kubectl().run("delete", "storageclass", "local");
        exec("losetup", "--detach", loop);
        exec("rm", "-r", FOLDER);
    }

    @Test
    void aGuestWritesToClaimsThatAreBoundWhenItsPodHasANode() {
        assertThat(phases()).containsExactly("Pending", "Pending");

        node.api().apply(Serialization.unmarshal(VM, PassthroughVM.class));
        vms.awaitRunning("claims");

        assertThat(phases()).containsExactly("Bound", "Bound");
        node.await("the boot sector has written")
                .until(() -> node.logs("default", "claims").contains("holdfast: both disks are written"));
        // Past the node's page cache or through it: either way it is in the file when it is read on the node.
        assertThat(exec("head", "-c", "512", FOLDER + "/data/disk.img")).contains("holdfast: the boot sector runs");
        assertThat(exec("head", "-c", "512", FOLDER + "/block.img")).contains("holdfast: the boot sector runs");
        // The kubelet has made the file QEMU's group's own (fsGroup).
        assertThat(exec("stat", "-c", "%u %g", FOLDER + "/data/disk.img").strip())
                .isEqualTo("0 107");
    }

    private List<String> phases() {
        return List.of("data", "block").stream()
                .map(name -> node.api()
                        .admin()
                        .persistentVolumeClaims()
                        .inNamespace("default")
                        .withName(name)
                        .get())
                .map(PersistentVolumeClaim::getStatus)
                .map(status -> status.getPhase())
                .toList();
    }

    private void create(String yaml) {
        node.api()
                .admin()
                .load(new ByteArrayInputStream(yaml.getBytes(StandardCharsets.UTF_8)))
                .create();
    }

    private String exec(String... command) {
        VirtualNode.Output output = node.node().exec(command);
        return output.orThrow();
    }
}
