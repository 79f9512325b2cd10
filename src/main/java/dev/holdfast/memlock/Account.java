package dev.holdfast.memlock;

import dev.holdfast.memlock.MemlockInput.Backend;
import dev.holdfast.memlock.MemlockInput.Devices;
import java.util.List;
import java.util.stream.Stream;

/**
 * One of the kernel's accounts that are held against RLIMIT_MEMLOCK. Inside an account amounts add up; the accounts know
 * nothing of each other, so the limit has to satisfy the largest.
 *
 * @param maps       how often all of system memory is in it, at least once
 * @param otherBytes what others have in it
 */
public record Account(Kind kind, int maps, long otherBytes) {
    /** Whose account, and by what it is told. */
    public enum Kind {
        /** {@code mm->locked_vm}, VmLck of the process: VFIO containers. */
        PROCESS_LOCKED,
        /** {@code user_struct->locked_vm}: iommufd, for all processes of one user. */
        USER_LOCKED,
        /** {@code mm->pinned_vm}, VmPin of the process: vhost-vdpa compares it, iommufd adds to it. */
        PINNED
    }

    /** The accounts that are charged, and compared with the limit. */
    static List<Account> of(MemlockInput input) {
        Devices devices = input.devices();
        Backend backend = input.accounting().backend();
        int vfio = devices.viommu() ? devices.vfio() : Math.min(1, devices.vfio());
        boolean iommufd = backend != Backend.TYPE1;
        boolean perUser = backend == Backend.IOMMUFD_USER;
        int locked = devices.nvmeDisks() + (perUser ? 0 : vfio);
        int user = perUser ? vfio : 0;
        // Only vhost-vdpa looks at the pinned pages, and then sees those of iommufd too.
        int pinned = devices.vdpa() == 0 ? 0 : devices.vdpa() + (iommufd ? vfio : 0);
        return Stream.of(
                        new Account(Kind.PROCESS_LOCKED, locked, 0),
                        new Account(Kind.USER_LOCKED, user, input.accounting().otherUserBytes()),
                        new Account(Kind.PINNED, pinned, 0))
                .filter(account -> account.maps() > 0)
                .toList();
    }

    /** What it comes to. */
    long bytes(long mapBytes) {
        return Math.addExact(Math.multiplyExact(mapBytes, maps), otherBytes);
    }
}
