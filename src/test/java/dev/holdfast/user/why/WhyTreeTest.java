package dev.holdfast.user.why;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.user.VmView;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;
import org.junit.jupiter.api.Test;

class WhyTreeTest {
    private static final Found NO_EVENTS = new Found.Absent("events");

    private static final String WAITING = """
            metadata: {namespace: lab, name: gpu-vm}
            spec: {devices: {gpus: [{name: gpu0, deviceName: holdfast.dev/a100}]}}
            status:
              phase: Pending
              printableStatus: DeviceNotViable
              podUID: u1
              conditions:
              - {type: Ready, status: "False", reason: DeviceNotViable, message: 0 of 1 nodes have a free holdfast.dev/a100}
              - {type: PodCreated, status: "True", reason: Created, message: pod gpu-vm exists}
              - {type: DevicesAllocated, status: "False", reason: DeviceNotViable, message: 0 of 1 nodes have a free holdfast.dev/a100}
              - {type: MemlockApplied, status: "False", reason: WaitingForGrant, message: 100 bytes are planned}
              - {type: Reconciling, status: "True", reason: DeviceNotViable, message: 0 of 1 nodes have a free holdfast.dev/a100}
            """;

    private static final String UNSCHEDULED = """
            metadata: {name: gpu-vm, uid: u1}
            status:
              phase: Pending
              conditions: [{type: PodScheduled, status: "False", reason: Unschedulable, message: 0/1 nodes are available}]
            """;

    @Test
    void followsAWaitingVmToTheFunctionThatBlocksItsGroup() {
        Found reports = read("reports of nodes", """
                items:
                - metadata: {name: gpu-1}
                  status:
                    summary: 1 NotViable, 1 Free
                    conditions:
                    - {type: IommuEnabled, status: "True", reason: Found}
                    - {type: InterruptRemapping, status: "False", reason: NotReported, message: the kernel does not report it}
                    devices:
                    - {pciAddress: "0000:03:00.0", groupID: "0000:03:00.0", iommuGroup: 15, deviceClass: a100, state: NotViable,
                       driver: vfio-pci, description: A100, message: shares IOMMU group 15 with 0000:03:00.1,
                       blockers: [{pciAddress: "0000:03:00.1", driver: snd_hda_intel}]}
                    - {pciAddress: "0000:03:00.1", groupID: "0000:03:00.0", iommuGroup: 15, state: NotViable, driver: snd_hda_intel}
                    - {pciAddress: "0000:09:00.0", groupID: "0000:09:00.0", iommuGroup: 9, deviceClass: other, state: Free}
                """);

        assertThat(lines(
                        WAITING,
                        read("pod gpu-vm", UNSCHEDULED),
                        List.of(read("claim data", "status: {phase: Pending}\nspec: {storageClassName: fast}")),
                        List.of(read("device class a100", "status: {total: 1, nodes: 1, usable: 0}")),
                        reports,
                        NO_EVENTS))
                .containsExactly(
                        "lab/gpu-vm is not ready",
                        "VM lab/gpu-vm: DeviceNotViable: 0 of 1 nodes have a free holdfast.dev/a100",
                        "├─ MemlockApplied is False (WaitingForGrant): 100 bytes are planned",
                        "├─ pod gpu-vm: Pending, without a node",
                        "│  └─ PodScheduled is False (Unschedulable): 0/1 nodes are available",
                        "├─ claim data: Pending, StorageClass fast",
                        "├─ device class a100: 1 IOMMU groups on 1 nodes, 0 of them usable",
                        "└─ report of node gpu-1: 1 NotViable, 1 Free",
                        "   ├─ InterruptRemapping is False (NotReported): the kernel does not report it",
                        "   └─ IOMMU group 15 of 0000:03:00.0: NotViable: shares IOMMU group 15 with 0000:03:00.1",
                        "      ├─ function 0000:03:00.0 A100: driver vfio-pci, NotViable",
                        "      │  └─ blocked by 0000:03:00.1, driver snd_hda_intel",
                        "      └─ function 0000:03:00.1: driver snd_hda_intel, NotViable");
    }

    @Test
    void namesWhatTheUserMayNotReadAndContinues() {
        assertThat(lines(
                        WAITING,
                        new Found.Unread("pod gpu-vm", "this account may not get pods"),
                        List.of(new Found.Absent("claim data")),
                        List.of(),
                        new Found.Unread("reports of nodes", "this account may not list passthroughnodes"),
                        NO_EVENTS))
                .endsWith(
                        "├─ pod gpu-vm: not read: this account may not get pods",
                        "├─ claim data: not found",
                        "└─ reports of nodes: not read: this account may not list passthroughnodes");
    }

    @Test
    void saysWhichVmHasTheGroup() {
        Found reports = read("reports of nodes", """
                items:
                - metadata: {name: gpu-1}
                  status:
                    devices: [{pciAddress: "0000:03:00.0", groupID: "0000:03:00.0", deviceClass: a100, state: Allocated}]
                    grants: [{podUID: u9, vm: {namespace: other, name: first}, devices: [{name: g, pciAddresses: ["0000:03:00.0"]}]}]
                """);

        assertThat(lines(WAITING, new Found.Absent("pod gpu-vm"), List.of(), List.of(), reports, NO_EVENTS))
                .contains("   └─ IOMMU group 0000:03:00.0: Allocated to VM other/first");
    }

    @Test
    void showsTheLastWarningsOfThePodAndItsContainers() {
        Found pod = read("pod gpu-vm", """
                metadata: {name: gpu-vm, uid: u1}
                spec: {nodeName: gpu-1}
                status:
                  phase: Pending
                  containerStatuses: [{name: qemu, state: {waiting: {reason: ContainerCreating}}}]
                """);
        Found events = read("events", """
                items:
                - {type: Warning, reason: FailedMount, message: stale, lastTimestamp: "2026-12-01T10:00:00Z", involvedObject: {uid: u1}}
                - {type: Warning, reason: FailedMount, message: no disk, lastTimestamp: "2026-12-01T11:00:00Z", involvedObject: {uid: u1}}
                - {type: Normal, reason: Pulled, message: image, lastTimestamp: "2026-12-01T11:00:00Z", involvedObject: {uid: u1}}
                - {type: Warning, reason: Failed, message: foreign, lastTimestamp: "2026-12-01T11:00:00Z", involvedObject: {uid: u2}}
                """);

        assertThat(lines(WAITING, pod, List.of(), List.of(), new Found.Absent("reports of nodes"), events))
                .contains("├─ pod gpu-vm: Pending on node gpu-1")
                .containsSubsequence(
                        "│  ├─ container qemu: waiting: ContainerCreating",
                        "│  └─ Event FailedMount (2026-12-01T11:00:00Z): no disk")
                .noneMatch(line -> line.contains("stale") || line.contains("foreign") || line.contains("Pulled"));
    }

    @Test
    void aRunningVmHasNothingInItsWay() {
        String running = """
                metadata: {namespace: lab, name: gpu-vm}
                status:
                  printableStatus: Running
                  nodeName: gpu-1
                  devices: [{name: gpu0, pciAddresses: ["0000:03:00.0"]}]
                  conditions:
                  - {type: Ready, status: "True", reason: Running, message: QEMU runs on node gpu-1}
                  - {type: RestartRequired, status: "True", reason: SpecDiffers, message: spec.memory differs}
                """;

        assertThat(lines(
                        running,
                        read("pod gpu-vm", "spec: {nodeName: gpu-1}\nstatus: {phase: Running}"),
                        List.of(),
                        List.of(),
                        read("report of node gpu-1", "metadata: {name: gpu-1}"),
                        NO_EVENTS))
                .containsExactly(
                        "lab/gpu-vm runs; nothing is in the way",
                        "VM lab/gpu-vm: Running: QEMU runs on node gpu-1",
                        "├─ RestartRequired is True (SpecDiffers): spec.memory differs",
                        "└─ pod gpu-vm: Running on node gpu-1");
    }

    @Test
    void foreignTextCannotControlTheTerminal() {
        String hostile = WAITING.replace("100 bytes are planned", "\"a\\u001b[2Jb\"");

        assertThat(lines(
                        hostile,
                        new Found.Absent("pod gpu-vm"),
                        List.of(),
                        List.of(),
                        new Found.Absent("reports of nodes"),
                        NO_EVENTS))
                .anyMatch(line -> line.contains("a\\u{1b}[2Jb"))
                .noneMatch(line -> line.contains("\u001b"));
    }

    private static List<String> lines(
            String vm, Found pod, List<Found> claims, List<Found> classes, Found reports, Found events) {
        return WhyTree.lines(new Findings(new VmView(json(vm)), pod, claims, classes, List.of(), reports, events));
    }

    private static Found read(String title, String yaml) {
        return new Found.Read(title, json(yaml));
    }

    private static JsonNode json(String yaml) {
        return Serialization.unmarshal(yaml, JsonNode.class);
    }
}
