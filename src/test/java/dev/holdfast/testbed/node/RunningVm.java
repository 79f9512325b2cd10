package dev.holdfast.testbed.node;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A VM as it runs at one moment.
 *
 * @param podUid  the pod
 * @param qemuPid the process, on the node
 */
public record RunningVm(NodeVms vms, String name, String podUid, long qemuPid) {

    /** Waits until it runs with its memory locked. */
    public static RunningVm await(NodeVms vms, String name) {
        vms.awaitRunning(name);
        return now(vms, name);
    }

    private static RunningVm now(NodeVms vms, String name) {
        return new RunningVm(vms, name, vms.podUid(name), vms.qemuPid(name));
    }

    /** Checks that the VM was not affected: the same pod, the same process, reported as running. */
    public void assertUntouched() {
        RunningVm again = await(vms, name);
        assertThat(again.podUid).isEqualTo(podUid);
        assertThat(again.qemuPid).isEqualTo(qemuPid);
    }

    /** The limit that QEMU has, as the kernel has it: soft and hard. */
    public String memlockLimit() {
        return vms.node()
                .node()
                .exec("prlimit", "--memlock", "--noheadings", "--raw", "--output=SOFT,HARD", "--pid=" + qemuPid)
                .orThrow()
                .strip();
    }

    /** Waits until the VM runs with its memory locked in another pod. */
    public RunningVm awaitSuccessor() {
        vms.node()
                .await(name + " runs in another pod than " + podUid)
                .until(
                        () -> vms.status(name),
                        status -> status.filter(NodeVms::isRunning)
                                .filter(now -> !podUid.equals(now.podUID()))
                                .isPresent());
        return now(vms, name);
    }
}
