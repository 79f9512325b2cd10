package dev.holdfast.host.process;

import java.util.List;

/**
 * Status of a process from /proc/pid/status.
 *
 * @param name        the command's name, at most 15 characters, chosen by the process itself
 * @param lockedBytes VmLck: the bytes that count against the memlock limit; 0 for a process without memory
 * @param pinnedBytes VmPin: the bytes accounted by iommufd and vhost-vdpa
 * @param pids        NSpid: the process's pid in every pid namespace from the reader's to its own; one or more
 */
public record ProcessStatus(String name, long lockedBytes, long pinnedBytes, List<Integer> pids) {
    public ProcessStatus {
        pids = List.copyOf(pids);
    }

    /** Returns whether it is the first process of its pid namespace: the one that a container was started with. */
    public boolean firstOfItsNamespace() {
        return pids.getLast() == 1;
    }
}
