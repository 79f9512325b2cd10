package dev.holdfast.realnode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.testbed.HostProcess;
import dev.holdfast.testbed.Product;
import dev.holdfast.testbed.cluster.RealControlPlane;
import dev.holdfast.testbed.node.NodeVms;
import dev.holdfast.testbed.node.OnRealNode;
import dev.holdfast.testbed.node.RealNode;
import dev.holdfast.testbed.node.RunningVm;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Tests a user's access to the guest: its console and its ports. The guest's kernel takes minutes to boot. */
@OnRealNode
class GuestConsoleRealNodeIT {
    /** Serves on its port what cloud-init was given: {@code src/test/virtual-node/guest-storage}. */
    private static final String VM = """
            apiVersion: holdfast.dev/v1alpha1
            kind: PassthroughVM
            metadata: {name: vm, namespace: default}
            spec:
              memory: {guest: 256Mi}
              firmware:
                kernelBoot:
                  kernelArgs: >-
                    console=ttyS0 quiet panic=-1 cryptomgr.notests noreplace-smp rodata=off mitigations=off lsm=capability
                    tsc=reliable no_timer_check ipv6.disable=1 storage=yes
                  container: {image: "%s", kernelPath: /boot/vmlinuz, initrdPath: /boot/initrd.img}
              devices:
                gpus: [{name: gpu0, deviceName: holdfast.dev/demo-gpu}]
                disks: [{name: seed}]
                interfaces: [{name: default, ports: [{name: http, port: 80}]}]
              volumes:
                - name: seed
                  cloudInitNoCloud: {userData: "#cloud-config of the guest on the real node"}
              networks: [{name: default, pod: {}}]
              terminationGracePeriodSeconds: 60
            """.formatted(Product.DEMO_GUEST_IMAGE);

    /** In a terminal: from one alone kubectl attaches to a container that has one. */
    private static final String ATTACH =
            "script --quiet --return --command 'kubectl attach -it vm --namespace=default' /dev/null";

    private final RealNode node;
    private final NodeVms vms;

    GuestConsoleRealNodeIT(RealNode node) {
        this.node = node;
        vms = new NodeVms(node);
    }

    @Test
    void attachShowsTheGuestsConsoleAndPortForwardLeadsIntoTheGuest() throws Exception {
        node.api().apply(Serialization.unmarshal(VM, PassthroughVM.class));
        RunningVm running = RunningVm.await(vms, "vm");
        assertThat(node.userKubectl()
                        .attempt("attach", "vm", "--namespace=default")
                        .err())
                .as("without a terminal")
                .contains("tty and stderr cannot both be true");
        Path logs = Path.of("target/real-node");
        int port = RealControlPlane.freePort();

        try (HostProcess console = node.userKubectl().startShell(logs.resolve("attach.log"), ATTACH);
                HostProcess forward = node.userKubectl()
                        .start(
                                logs.resolve("forward.log"),
                                "port-forward",
                                "vm",
                                port + ":80",
                                "--namespace=default")) {
            node.await("the guest says on its console that it is ready").until(() -> {
                console.checkAlive();
                return console.log().contains("guest-ready");
            });
            // Its functions are on the console since attach: what came before is for kubectl logs.
            assertThat(console.log()).contains("guest-pci");
            assertThat(node.userKubectl().run("logs", "vm", "--namespace=default"))
                    .contains("guest-ready");

            forward.checkAlive();
            assertThat(get(port)).contains("#cloud-config of the guest on the real node");
        }
        running.assertUntouched();
    }

    private static String get(int port) throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            URI address = URI.create("http://127.0.0.1:" + port + "/user-data");
            return client.send(HttpRequest.newBuilder(address).build(), BodyHandlers.ofString())
                    .body();
        }
    }
}
