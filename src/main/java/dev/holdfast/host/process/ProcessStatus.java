package dev.holdfast.host.process;

import java.util.List;

/**
 * What the kernel says of a process in /proc/pid/status.
 *
 * @param name        the command's name, at most 15 characters, chosen by the process itself
 * @param lockedBytes VmLck: what the memlock limit is compared with; 0 for a process without memory
 * @param pinnedBytes VmPin: what iommufd and vhost-vdpa account
 * @param pids        NSpid: the process's number in every pid namespace from the reader's down to its own; one or more
 */
public record ProcessStatus(String name, long lockedBytes, long pinnedBytes, List<Integer> pids) {
    public ProcessStatus {
        pids = List.copyOf(pids);
    }

    /** Whether it is the first process of its pid namespace: the one that a container was started with. */
    public boolean firstOfItsNamespace() {
        return pids.getLast() == 1;
    }
}
