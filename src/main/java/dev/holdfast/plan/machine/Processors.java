package dev.holdfast.plan.machine;

/**
 * Virtual CPUs and what they show the guest.
 *
 * @param model host-passthrough, or a model that QEMU knows
 */
public record Processors(int sockets, int cores, int threads, String model, HypervisorLeaves hypervisor) {
    /** Returns how many virtual CPUs there are. */
    public int count() {
        return sockets * cores * threads;
    }

    /**
     * CPUID leaves about the hypervisor.
     *
     * @param kvmHidden      without KVM's signature
     * @param hyperv         with Hyper-V's interfaces
     * @param hypervVendorId empty for Hyper-V's own
     */
    public record HypervisorLeaves(boolean kvmHidden, boolean hyperv, String hypervVendorId) {}
}
