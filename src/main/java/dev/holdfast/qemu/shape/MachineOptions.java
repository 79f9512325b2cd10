package dev.holdfast.qemu.shape;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Options of the machine: firmware, features of processors and clock, and additional devices of the machine.
 *
 * @param uefi          null for SeaBIOS
 * @param hugePageBytes size of the huge pages behind the guest's memory, null for the host's own pages
 * @param kvmHidden     whether the processors hide KVM from the guest
 * @param hyperv        Hyper-V interfaces of the processors, null for none
 * @param timezone      time zone of the clock (a name of the tz database), null for UTC
 * @param rng           source of random numbers, null for none
 * @param watchdog      action when the guest stops resetting its watchdog, null for no watchdog
 * @param devices       options of passed-through devices, by name
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record MachineOptions(
        @Nullable Uefi uefi,
        @Nullable Long hugePageBytes,
        @Nullable Boolean kvmHidden,
        @Nullable Hyperv hyperv,
        @Nullable String timezone,
        @Nullable Boolean rng,
        @Nullable Watchdog watchdog,
        Map<String, DeviceOptions> devices) {
    /** SeaBIOS, memory of small pages, a clock in UTC, and nothing else. */
    public static final MachineOptions PLAIN = new MachineOptions(null, null, null, null, null, null, null, Map.of());

    public MachineOptions {
        // Sorted, so that the same spec always results in the same text of the pod.
        devices = devices == null ? Map.of() : Collections.unmodifiableMap(new TreeMap<>(devices));
    }

    public boolean hidesKvm() {
        return Boolean.TRUE.equals(kvmHidden);
    }

    public boolean hasRng() {
        return Boolean.TRUE.equals(rng);
    }

    public DeviceOptions device(String name) {
        return devices.getOrDefault(name, DeviceOptions.NONE);
    }

    /**
     * UEFI firmware (OVMF).
     *
     * @param secureBoot whether it starts only signed programs, and protects its variables from the guest's operating system
     * @param persistent whether its variables outlive the pod
     */
    public record Uefi(boolean secureBoot, boolean persistent) {}

    /**
     * Hyper-V's interfaces, which Windows uses; only with KVM.
     *
     * @param vendorId hypervisor vendor in CPUID, at most 12 characters; null for Hyper-V's own
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Hyperv(@Nullable String vendorId) {}

    /** Actions of QEMU when its watchdog i6300esb was not reset; names as in QEMU's {@code -action watchdog=}. */
    public enum Watchdog {
        RESET,
        POWEROFF,
        SHUTDOWN
    }

    /**
     * Options of a passed-through device.
     *
     * @param romFile   file that replaces the device's option ROM, absolute path in the container; null for the device's own
     * @param romBar    false for no option ROM; null and true for one
     * @param p2pClique number, 0 to 15, of GPUs that may access each other directly; null for none
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record DeviceOptions(
            @Nullable String romFile,
            @Nullable Boolean romBar,
            @Nullable Integer p2pClique) {
        static final DeviceOptions NONE = new DeviceOptions(null, null, null);
    }
}
