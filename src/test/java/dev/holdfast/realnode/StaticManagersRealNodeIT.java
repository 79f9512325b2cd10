package dev.holdfast.realnode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testbed.Build;
import dev.holdfast.testbed.node.NodeVms;
import dev.holdfast.testbed.node.RealNode;
import dev.holdfast.testbed.node.RunningVm;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Tests a VM and a pod with an exclusive CPU, under the static CPU and memory managers. Boots its own node with three CPUs. */
class StaticManagersRealNodeIT {
    private static final Path WORK = Path.of("target/real-node/static").toAbsolutePath();

    private static final String MANAGERS = """
            cpuManagerPolicy: static
            memoryManagerPolicy: Static
            topologyManagerPolicy: single-numa-node
            kubeReserved: {cpu: 500m, memory: 412Mi}
            reservedMemory:
            - numaNode: 0
              limits: {memory: 512Mi}
            """;

    /** Guaranteed, with whole CPUs: what the static managers are for. */
    private static final String PINNED = """
            apiVersion: v1
            kind: Pod
            metadata: {name: pinned, namespace: default}
            spec:
              securityContext: {runAsNonRoot: true, runAsUser: 1000, seccompProfile: {type: RuntimeDefault}}
              terminationGracePeriodSeconds: 1
              containers:
              - name: main
                image: busybox:1
                command: [sleep, "86400"]
                securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
                resources: {requests: {cpu: "1", memory: 64Mi}, limits: {cpu: "1", memory: 64Mi}}
            """;

    @Test
    void aVmRunsOnWhatIsSharedAndKeepsItsLimitWhenAPodGetsACpuOfItsOwn() {
        Build build = Build.here();
        RealNode.Setup setup = new RealNode.Setup(3, 6144, MANAGERS, build.script("real-node/overlay"));
        try (RealNode node = RealNode.start(build, WORK, setup)) {
            NodeVms vms = new NodeVms(node);
            vms.create("vm", NodeVms.DEMO_GPU);
            RunningVm vm = RunningVm.await(vms, "vm");
            assertThat(cpus(node, vm.qemuPid())).containsExactly(0, 1, 2);

            node.api().apply(Serialization.unmarshal(PINNED, Pod.class));
            node.await("the pod with a CPU of its own runs")
                    .until(() ->
                            node.api().pod("pinned").filter(RealNode::isReady).isPresent());

            Set<Integer> exclusive = cpus(node, pinnedPid(node));
            assertThat(exclusive).hasSize(1);
            node.await("QEMU is off that CPU")
                    .until(() -> cpus(node, vm.qemuPid()).stream().noneMatch(exclusive::contains));
            assertThat(cpus(node, vm.qemuPid())).hasSize(2);
            vm.assertUntouched();
            node.api().admin().pods().inNamespace("default").withName("pinned").delete();
            node.clean();
        }
    }

    private static long pinnedPid(RealNode node) {
        return Long.parseLong(
                node.node().exec("pgrep", "-x", "-f", "sleep 86400").orThrow().strip());
    }

    /** Returns the list as in the kernel's file, such as 0,2-3. */
    private static Set<Integer> cpus(RealNode node, long pid) {
        String list = node.node()
                .exec("sed", "-n", "s/^Cpus_allowed_list:\t//p", "/proc/" + pid + "/status")
                .orThrow()
                .strip();
        Set<Integer> cpus = new TreeSet<>();
        for (String range : list.split(",")) {
            String[] ends = range.split("-");
            for (int cpu = Integer.parseInt(ends[0]); cpu <= Integer.parseInt(ends[ends.length - 1]); cpu++) {
                cpus.add(cpu);
            }
        }
        return cpus;
    }
}
