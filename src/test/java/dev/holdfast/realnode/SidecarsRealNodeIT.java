package dev.holdfast.realnode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.testbed.node.NodeVms;
import dev.holdfast.testbed.node.OnRealNode;
import dev.holdfast.testbed.node.RealNode;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Containers that admission puts into the pod of a VM: a plain one before QEMU's, and a native sidecar. */
@OnRealNode
class SidecarsRealNodeIT {
    /** A list of objects as the value of a patch would be shorter, but makes kube-apiserver 1.36.4 panic. */
    private static final String POLICY = """
            apiVersion: admissionregistration.k8s.io/v1
            kind: MutatingAdmissionPolicy
            metadata: {name: inject}
            spec:
              failurePolicy: Fail
              reinvocationPolicy: Never
              matchConstraints:
                resourceRules: [{apiGroups: [""], apiVersions: [v1], resources: [pods], operations: [CREATE]}]
              matchConditions:
                - {name: meshed, expression: object.metadata.name == 'meshed'}
              mutations:
                - patchType: JSONPatch
                  jsonPatch:
                    expression: >-
                      [
                        JSONPatch{op: "add", path: "/spec/containers/0", value: Object.spec.containers{
                          name: "proxy", image: "busybox:1",
                          command: ["/bin/sh", "-c", "trap 'exit 0' TERM; sleep 86400 & wait"],
                          securityContext: Object.spec.containers.securityContext{
                            allowPrivilegeEscalation: false,
                            capabilities: Object.spec.containers.securityContext.capabilities{drop: ["ALL"]}}}},
                        JSONPatch{op: "add", path: "/spec/initContainers", value: []},
                        JSONPatch{op: "add", path: "/spec/initContainers/-", value: Object.spec.initContainers{
                          name: "native", image: "busybox:1", restartPolicy: "Always",
                          command: ["/bin/sh", "-c", "trap 'exit 0' TERM; sleep 86400 & wait"],
                          securityContext: Object.spec.initContainers.securityContext{
                            allowPrivilegeEscalation: false,
                            capabilities: Object.spec.initContainers.securityContext.capabilities{drop: ["ALL"]}}}}
                      ]
            ---
            apiVersion: admissionregistration.k8s.io/v1
            kind: MutatingAdmissionPolicyBinding
            metadata: {name: inject}
            spec: {policyName: inject}
            """;

    private static final String VM = """
            apiVersion: holdfast.dev/v1alpha1
            kind: PassthroughVM
            metadata: {name: meshed, namespace: default}
            spec:
              runStrategy: Once
              memory: {guest: 256Mi}
              devices: {gpus: [{name: gpu0, deviceName: holdfast.dev/radeon}]}
              terminationGracePeriodSeconds: 20
            """;

    private static final long INHERITED_LIMIT = 8L << 20;

    private final RealNode node;
    private final NodeVms vms;

    SidecarsRealNodeIT(RealNode node) {
        this.node = node;
        vms = new NodeVms(node);
    }

    @BeforeEach
    void injector(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("inject.yaml"), POLICY);
        node.kubectl().run("apply", "--filename=" + file);
        // In a namespace without a Pod Security level that would reject such a pod, which is never created.
        node.await("the API server knows the policy")
                .until(() -> node.kubectl()
                        .attempt(
                                "run",
                                "meshed",
                                "--namespace=holdfast",
                                "--image=busybox:1",
                                "--dry-run=server",
                                "--output=yaml")
                        .out()
                        .contains("name: proxy"));
    }

    @AfterEach
    void takeAway() {
        node.clean();
        node.kubectl().run("delete", "mutatingadmissionpolicy,mutatingadmissionpolicybinding", "inject");
    }

    @Test
    void theVmHasItsDevicesAndItsLimitAloneAndItsEndIsNotHeldUp() {
        node.api().apply(Serialization.unmarshal(VM, PassthroughVM.class));

        PassthroughVMStatus running = vms.awaitRunning("meshed");
        Pod pod = node.api().pod("meshed").orElseThrow();
        assertThat(pod.getSpec().getContainers())
                .extracting(Container::getName)
                .hasSize(2)
                .startsWith("proxy");
        assertThat(pod.getSpec().getInitContainers())
                .extracting(Container::getName)
                .containsExactly("native");
        long limit =
                Objects.requireNonNull(Objects.requireNonNull(running.memlock()).limitBytes());
        long qemu = vms.qemuPid("meshed");
        assertThat(limits(pod))
                .containsPattern("qemu\\S* " + limit)
                .containsPattern("(sh|sleep|busybox) " + INHERITED_LIMIT)
                .doesNotContainPattern("(sh|sleep|busybox) " + limit);
        assertThat(node.kubectl()
                        .run("exec", "meshed", "--container=proxy", "--", "sh", "-c", "ls /dev; ls /run || true"))
                .contains("null")
                .doesNotContain("vfio", "holdfast");

        // As after the guest's power-off: status 0.
        node.node().exec("kill", "-TERM", Long.toString(qemu)).orThrow();

        node.await("the proxy that runs on keeps neither pod nor device")
                .until(() -> node.api().pod("meshed").isEmpty() && node.api().freeGroups() == 2);
        assertThat(vms.status("meshed").orElseThrow().phase()).isEqualTo(Phase.Succeeded);
    }

    /** Name and soft limit of all processes of the pod. */
    private String limits(Pod pod) {
        return node.node()
                .exec(
                        "sh",
                        "-c",
                        "for p in $(cat /sys/fs/cgroup/kubepods/*/pod$0/*/cgroup.procs"
                                + " /sys/fs/cgroup/kubepods/pod$0/*/cgroup.procs 2>/dev/null); do"
                                + " echo \"$(cat /proc/$p/comm)\" $(prlimit --memlock --noheadings --raw --output=SOFT --pid=$p);"
                                + " done",
                        pod.getMetadata().getUid())
                .orThrow();
    }
}
