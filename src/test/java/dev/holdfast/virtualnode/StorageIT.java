package dev.holdfast.virtualnode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.testbed.Build;
import dev.holdfast.testbed.Product;
import dev.holdfast.testbed.SharedStage;
import dev.holdfast.testbed.Stage;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Tests disks, cloud-init and network of a VM by its guest's output: a Linux that mounts the seed, writes to its disks,
 * resolves a name, and answers on a port of its pod.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StorageIT {

    private static final String CLAIM = """
            apiVersion: v1
            kind: PersistentVolume
            metadata: {name: %1$s}
            spec:
              capacity: {storage: 8Mi}
              accessModes: [ReadWriteOnce]
              volumeMode: %2$s
              local: {path: %3$s}
            ---
            apiVersion: v1
            kind: PersistentVolumeClaim
            metadata: {name: %1$s, namespace: default}
            spec: {accessModes: [ReadWriteOnce], volumeMode: %2$s, volumeName: %1$s, resources: {requests: {storage: 8Mi}}}
            status: {phase: Bound}
            """;

    private static final String VM = """
            apiVersion: holdfast.dev/v1alpha1
            kind: PassthroughVM
            metadata: {name: storage-vm, namespace: default, labels: {app: notebook}}
            spec:
              memory: {guest: 256Mi}
              firmware:
                kernelBoot:
                  kernelArgs: >-
                    console=ttyS0 quiet panic=-1 cryptomgr.notests noreplace-smp rodata=off mitigations=off lsm=capability
                    tsc=reliable no_timer_check ipv6.disable=1 pcie_ports=compat
                    initcall_blacklist=init_kprobe_trace,load_system_certificate_list,crypto_kdf108_init,cmos_init,cubictcp_register,trace_eval_init,slab_sysfs_init,i8042_init
                    storage=yes
                  container: {image: "%s", kernelPath: /boot/vmlinuz, initrdPath: /boot/initrd.img}
              devices:
                gpus: [{name: gpu0, deviceName: holdfast.dev/demo-gpu}]
                disks: [{name: seed}, {name: root}, {name: data}, {name: block}]
                interfaces: [{name: default, macAddress: "02:00:00:12:34:56", ports: [{name: http, port: 80}]}]
              volumes:
                - name: seed
                  cloudInitNoCloud:
                    userData: |
                      #cloud-config
                      password: geheim
                    networkDataSecretRef: {name: net}
                - {name: root, containerDisk: {image: "%s", capacity: 64Mi}}
                - {name: data, persistentVolumeClaim: {claimName: data}}
                - {name: block, persistentVolumeClaim: {claimName: block}}
              networks: [{name: default, pod: {}}]
              terminationGracePeriodSeconds: 60
            """.formatted(Product.DEMO_GUEST_IMAGE, Stage.DISK_IMAGE);

    private final Build build = Build.here();
    private final Path work = Path.of("target/storage-it").toAbsolutePath();
    private final Stage stage = SharedStage.at(build, work);

    @BeforeAll
    void bringUp() throws IOException {
        stage.buildGuest();
        Path image = Files.createDirectories(stage.diskImage().resolve("disk")).resolve("root.img");
        Files.writeString(image, "from the image" + "\n".repeat(1 << 20));
        stage.ready();
    }

    @AfterAll
    void takeDown() {
        stage.close();
    }

    @Test
    void aGuestFindsItsDisksItsSeedItsNetworkAndWhatIsMissingIsSaid() throws IOException {
        PassthroughVM vm = Serialization.unmarshal(VM, PassthroughVM.class);
        stage.api().apply(vm);
        assertThat(told("ClaimNotFound")).contains("PersistentVolumeClaim data not found in the VM's namespace");
        assertThat(stage.api().pod("storage-vm")).isEmpty();

        node("mkdir", "-p", "/run/volumes/data");
        node("truncate", "-s", "1M", "/run/volumes/data/disk.img", "/run/volumes/block.img");
        node("chmod", "0600", "/run/volumes/data/disk.img");
        install(CLAIM.formatted("data", "Filesystem", "/run/volumes/data"));
        install(CLAIM.formatted("block", "Block", "/run/volumes/block.img"));
        assertThat(told("LaunchFailed")).contains("disk seed: Secret net not found in the VM's namespace");

        install("""
                apiVersion: v1
                kind: Secret
                metadata: {name: net, namespace: default}
                data: {networkdata: dmVyc2lvbjogMgo=}
                """);
        stage.await("the guest has told what it has").until(() -> {
            stage.checkAlive();
            return console().contains("guest-storage-done");
        });

        assertThat(console())
                .contains("guest-seed user-data #cloud-config", "guest-seed user-data password: geheim")
                .contains("guest-seed network-config version: 2", "guest-seed meta-data local-hostname: \"storage-vm\"")
                .contains("guest-disk data sectors=2048 readonly=0", "guest-disk block sectors=2048 readonly=0")
                .contains("guest-root from the image", "guest-mac 02:00:00:12:34:56")
                .containsPattern("guest-disk seed sectors=\\d+ readonly=1")
                .containsPattern("guest-dns Address.*10\\.96\\.0\\.1");
        assertThat(node("head", "-n1", "/run/volumes/data/disk.img")).contains("written by the guest to data");
        assertThat(node("head", "-n1", "/run/volumes/block.img")).contains("written by the guest to block");
        assertThat(stage.diskImage().resolve("disk/root.img")).content().startsWith("from the image");

        Pod pod = stage.api().pod("storage-vm").orElseThrow();
        assertThat(pod.getStatus().getPodIP()).startsWith("10.244.0.");
        assertThat(pod.getMetadata().getLabels())
                .containsEntry("app", "notebook")
                .containsEntry("holdfast.dev/vm-name", "storage-vm");
        assertThat(node("busybox", "wget", "-qO-", "http://" + pod.getStatus().getPodIP() + "/user-data"))
                .contains("password: geheim");
        // As kubectl port-forward comes: from within the pod's network, to its loopback.
        String network = "pod" + pod.getStatus().getPodIP().replaceFirst("^.*[.]", "");
        assertThat(node("ip", "netns", "exec", network, "busybox", "wget", "-qO-", "http://127.0.0.1/meta-data"))
                .contains("local-hostname: \"storage-vm\"");
        assertThat(Serialization.asYaml(pod)).doesNotContain("geheim", "#cloud-config");
        assertThat(node("sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '")).doesNotContain("geheim");
        assertThat(stage.logs("default", "storage-vm").replaceAll("(?m)^guest-.*$", ""))
                .doesNotContain("geheim");
    }

    private String console() {
        return stage.logs("default", "storage-vm");
    }

    private String node(String... command) {
        return stage.node().exec(command).orThrow();
    }

    private void install(String objects) throws IOException {
        Path file = Files.writeString(work.resolve("objects.yaml"), objects);
        stage.api().install(file);
    }

    /** Returns the message of the VM's condition once it has that reason. */
    private String told(String reason) {
        return stage.await("the VM says " + reason)
                .until(
                        () -> {
                            stage.checkAlive();
                            return stage
                                    .api()
                                    .vm("storage-vm")
                                    .map(PassthroughVM::getStatus)
                                    .map(PassthroughVMStatus::conditions)
                                    .stream()
                                    .flatMap(conditions -> conditions.stream())
                                    .filter(condition -> "Ready".equals(condition.getType()))
                                    .filter(condition -> reason.equals(condition.getReason()))
                                    .map(Condition::getMessage)
                                    .findFirst();
                        },
                        Optional::isPresent)
                .orElseThrow();
    }
}
