package dev.holdfast.plan.machine;

/**
 * Virtual CPUs: topology, model and CPUID leaves.
 *
 * @param model host-passthrough, or a model that QEMU knows
 */
public record Processors(int sockets, int cores, int threads, String model, HypervisorLeaves hypervisor) {
    /** Returns the number of virtual CPUs. */
    public int count() {
        return sockets * cores * threads;
    }

    /**
     * CPUID leaves that describe the hypervisor.
     *
     * @param kvmHidden      KVM's signature is hidden
     * @param hyperv         Hyper-V's interfaces are present
     * @param hypervVendorId empty for Hyper-V's own vendor ID
     */
    public record HypervisorLeaves(boolean kvmHidden, boolean hyperv, String hypervVendorId) {}
}
