package dev.holdfast.user;

import static dev.holdfast.testbed.Progress.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.RunStrategy;
import dev.holdfast.testbed.apiserver.MockApiServer;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code holdfast start}, {@code stop} and {@code restart} with the mock API server; the test acts as the operator. */
class PowerCommandTest {
    @TempDir
    private Path folder = Path.of("");

    private final MockApiServer server = MockApiServer.start();
    private final KubernetesClient client = server.client();
    private UserShell shell = UserShell.at("", Path.of("target"));

    @BeforeEach
    void create() {
        shell = UserShell.at(server.url(), folder);
        client.resource(Serialization.unmarshal("""
                        apiVersion: holdfast.dev/v1alpha1
                        kind: PassthroughVM
                        metadata: {name: gpu-vm, namespace: default}
                        spec:
                          runStrategy: RerunOnFailure
                          memory: {guest: 128Mi}
                          devices: {gpus: [{name: gpu0, deviceName: holdfast.dev/a100}]}
                        """, PassthroughVM.class)).create();
    }

    @AfterEach
    void close() {
        client.close();
        server.close();
    }

    @Test
    void stopAndStartChangeTheStrategyOnly() {
        var created = vm().get().getSpec();

        assertThat(shell.run("stop", "gpu-vm")).isZero();
        assertThat(vm().get().getSpec().runStrategy()).isEqualTo(RunStrategy.Halted);
        assertThat(shell.run("stop", "gpu-vm")).isZero();
        assertThat(shell.run("start", "gpu-vm")).isZero();

        assertThat(vm().get().getSpec()).isEqualTo(created);
        assertThat(vm().get().getMetadata().getAnnotations()).isNullOrEmpty();
        assertThat(shell.err()).isEmpty();
        assertThat(shell.out()).isEqualTo("""
                        default/gpu-vm is stopping: spec.runStrategy is Halted, and `holdfast start` sets it to RerunOnFailure again
                        default/gpu-vm is stopped already, with spec.runStrategy Halted; its state is no status; the operator has not seen the VM
                        default/gpu-vm is starting: spec.runStrategy is RerunOnFailure, it was Halted
                        """);
    }

    @Test
    void restartSetsTheAnnotation() {
        assertThat(shell.run("restart", "gpu-vm")).isZero();

        String time = vm().get().getMetadata().getAnnotations().get("holdfast.dev/restartedAt");
        assertThat(shell.out())
                .isEqualTo("default/gpu-vm is restarting: annotation holdfast.dev/restartedAt is %s\n".formatted(time));
    }

    @Test
    void aVmThatDoesNotExistIsNamed() {
        assertThat(shell.run("stop", "none")).isEqualTo(1);

        assertThat(shell.err())
                .isEqualTo(
                        "holdfast stop: PassthroughVM default/none not found; `kubectl get passthroughvms -n default` lists the existing ones\n");
    }

    @Test
    void anInvalidNameIsNotSent() {
        assertThat(shell.run("stop", "../nodes/a")).isEqualTo(2);

        assertThat(shell.err()).startsWith("holdfast stop: the name of the VM must consist of ");

        assertThat(shell.run("stop", "gpu-vm", "-n", "a b")).isEqualTo(2);
        assertThat(shell.err()).contains("holdfast stop: the name of the namespace must consist of ");
    }

    @Test
    void aServerThatIsNotReachableIsNamed() throws IOException {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        UserShell elsewhere = UserShell.at("http://127.0.0.1:" + port, folder);

        assertThat(elsewhere.run("stop", "vm")).isEqualTo(1);

        assertThat(elsewhere.err())
                .startsWith("holdfast stop: the API server at http://127.0.0.1:%d is not reachable: ".formatted(port))
                .hasLineCount(1);
    }

    @Test
    void waitsAndShowsTheProgress() {
        shell.run("stop", "gpu-vm");

        CompletableFuture<Integer> started = shell.start("start", "gpu-vm", "--wait");
        eventually("it is started", () -> vm().get().getSpec().runStrategy() == RunStrategy.RerunOnFailure);
        status("Pending", "DevicesInUse", "no device is free");
        eventually("it is shown", () -> shell.err().contains("DevicesInUse: no device is free\n"));
        status("Running", "Running", "QEMU runs on node a");

        assertThat(started.join()).isZero();
        assertThat(shell.err()).endsWith("Running: QEMU runs on node a\n");
    }

    @Test
    void doesNotWaitForAVmThatWasDeleted() {
        CompletableFuture<Integer> stopped = shell.start("stop", "gpu-vm", "--wait");
        eventually("it is waited for", () -> shell.err().contains("no status"));
        vm().delete();

        assertThat(stopped.join()).isEqualTo(1);
        assertThat(shell.err()).endsWith("holdfast stop: not done: the VM was deleted\n");
    }

    @Test
    void givesUpAfterTheTimeout() {
        assertThat(shell.run("stop", "gpu-vm", "--wait", "--timeout=1")).isEqualTo(1);

        assertThat(shell.err())
                .endsWith(
                        "holdfast stop: not done within 1 s; the last state is: no status; the operator has not seen the VM\n");
    }

    private void status(String phase, String printable, String message) {
        PassthroughVM vm = vm().get();
        vm.setStatus(Serialization.unmarshal(
                        """
                        status:
                          phase: %s
                          printableStatus: %s
                          observedGeneration: %d
                          conditions: [{type: Ready, status: "False", reason: R, message: %s}]
                        """.formatted(phase, printable, vm.getMetadata().getGeneration(), message), PassthroughVM.class)
                .getStatus());
        client.resource(vm).updateStatus();
    }

    private Resource<PassthroughVM> vm() {
        return client.resources(PassthroughVM.class).inNamespace("default").withName("gpu-vm");
    }
}
