package dev.holdfast.truth;

/**
 * The limit that KubeVirt used to give QEMU, before it stopped setting one: the guest's memory and its estimate of what
 * everything else in the pod takes, one GiB for VFIO among that ({@code AdjustQemuProcessMemoryLimits} of
 * {@code pkg/virt-handler/isolation}, {@code GetMemoryOverhead} of {@code pkg/virt-controller/services}). A vIOMMU does
 * not enter.
 */
final class Kubevirt {
    static final String FORMULA =
            "guest + guest / 512 + 220 MiB + 8 MiB for each vCPU + 8 MiB + 32 MiB with a display + 1 GiB";

    private static final long MIB = 1L << 20;

    /** virt-launcher and its monitor, virtlogd, virtqemud, QEMU itself. */
    private static final long PROCESSES = (25 + 100 + 25 + 40 + 30) * MIB;

    private static final long EACH_VCPU = 8 * MIB;
    private static final long IO_THREAD = 8 * MIB;
    private static final long DISPLAY = 32 * MIB;
    private static final long VFIO = 1024 * MIB;

    private Kubevirt() {}

    /** Bytes; all memory that the guest sees counts as the guest. */
    static long limitBytes(long memoryBytes, int vcpus, boolean display) {
        return memoryBytes
                + memoryBytes / 512
                + PROCESSES
                + vcpus * EACH_VCPU
                + IO_THREAD
                + (display ? DISPLAY : 0)
                + VFIO;
    }
}
