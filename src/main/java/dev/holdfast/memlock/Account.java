package dev.holdfast.memlock;

import dev.holdfast.memlock.MemlockInput.Accounting;
import dev.holdfast.memlock.MemlockInput.Backend;
import dev.holdfast.memlock.MemlockInput.Devices;
import java.util.List;
import java.util.stream.Stream;

/**
 * One of the kernel's accounts that are held against RLIMIT_MEMLOCK. Inside an account amounts add up; the accounts know
 * nothing of each other, so the limit has to satisfy the largest.
 *
 * @param maps       how often all of system memory is in it, at least once
 * @param otherBytes what else is in it: of other processes, or beyond the maps
 */
public record Account(Kind kind, int maps, long otherBytes) {
    /** Whose account, and by what it is told. */
    public enum Kind {
        /** {@code mm->locked_vm}, VmLck of the process: VFIO containers. */
        PROCESS_LOCKED,
        /** {@code user_struct->locked_vm}: iommufd, for all processes of one user. */
        USER_LOCKED,
        /** {@code mm->pinned_vm}, VmPin of the process: vhost-vdpa compares it, iommufd adds to it. */
        PINNED,
        /** {@code sev->pages_locked} of an SEV guest (Linux arch/x86/kvm/svm/sev.c, sev_pin_memory). */
        REGISTERED
    }

    /**
     * The accounts that are charged, and compared with the limit.
     *
     * @param registeredBytes what an SEV guest registers beyond one map
     */
    static List<Account> of(MemlockInput input, long registeredBytes) {
        Devices devices = input.devices();
        Accounting accounting = input.accounting();
        boolean type1 = accounting.backend() == Backend.TYPE1;
        int containers = maps(type1 ? devices.vfio() : accounting.containerDevices(), devices.viommu());
        int iommufd = maps(type1 ? 0 : devices.vfio() - accounting.containerDevices(), devices.viommu());
        boolean perUser = accounting.backend() == Backend.IOMMUFD_USER;
        int locked = devices.nvmeDisks() + containers + (perUser ? 0 : iommufd);
        // Only vhost-vdpa looks at the pinned pages, and then sees those of iommufd too.
        int pinned = devices.vdpa() == 0 ? 0 : devices.vdpa() + iommufd;
        return Stream.of(
                        new Account(Kind.PROCESS_LOCKED, locked, 0),
                        new Account(Kind.USER_LOCKED, perUser ? iommufd : 0, accounting.otherUserBytes()),
                        new Account(Kind.PINNED, pinned, 0),
                        new Account(Kind.REGISTERED, accounting.registersRam() ? 1 : 0, registeredBytes))
                .filter(account -> account.maps() > 0)
                .toList();
    }

    /** Without an IOMMU of the guest's, devices of one kind share one map. */
    private static int maps(int devices, boolean viommu) {
        return viommu ? devices : Math.min(1, devices);
    }

    /** What it comes to. */
    long bytes(long mapBytes) {
        return Math.addExact(Math.multiplyExact(mapBytes, maps), otherBytes);
    }
}
