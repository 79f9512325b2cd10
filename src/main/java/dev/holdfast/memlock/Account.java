package dev.holdfast.memlock;

import dev.holdfast.memlock.MemlockInput.Accounting;
import dev.holdfast.memlock.MemlockInput.Backend;
import dev.holdfast.memlock.MemlockInput.Devices;
import java.util.List;
import java.util.stream.Stream;

/**
 * Account of the kernel that is compared with RLIMIT_MEMLOCK. Amounts in one account add up; accounts are independent
 * of each other, so the limit must be at least the largest.
 *
 * @param maps       number of maps of all system memory in the account, at least 1
 * @param otherBytes other bytes in the account: of other processes, or in addition to the maps
 */
public record Account(Kind kind, int maps, long otherBytes) {
    /** Owner and counter of an account. */
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
     * Returns the accounts that are charged and compared with the limit.
     *
     * @param registeredBytes bytes that an SEV guest registers in addition to one map
     */
    static List<Account> of(MemlockInput input, long registeredBytes) {
        Devices devices = input.devices();
        Accounting accounting = input.accounting();
        boolean type1 = accounting.backend() == Backend.TYPE1;
        int containers = maps(type1 ? devices.vfio() : accounting.containerDevices(), devices.viommu());
        int iommufd = maps(type1 ? 0 : devices.vfio() - accounting.containerDevices(), devices.viommu());
        boolean perUser = accounting.backend() == Backend.IOMMUFD_USER;
        int locked = devices.nvmeDisks() + containers + (perUser ? 0 : iommufd);
        // Only vhost-vdpa compares the pinned pages, which then include those of iommufd.
        int pinned = devices.vdpa() == 0 ? 0 : devices.vdpa() + iommufd;
        return Stream.of(
                        new Account(Kind.PROCESS_LOCKED, locked, 0),
                        new Account(Kind.USER_LOCKED, perUser ? iommufd : 0, accounting.otherUserBytes()),
                        new Account(Kind.PINNED, pinned, 0),
                        new Account(Kind.REGISTERED, accounting.registersRam() ? 1 : 0, registeredBytes))
                .filter(account -> account.maps() > 0)
                .toList();
    }

    /** Returns the number of maps: without a vIOMMU, devices of one kind share one map. */
    private static int maps(int devices, boolean viommu) {
        return viommu ? devices : Math.min(1, devices);
    }

    /** Returns the charged bytes. */
    long bytes(long mapBytes) {
        return Math.addExact(Math.multiplyExact(mapBytes, maps), otherBytes);
    }
}
