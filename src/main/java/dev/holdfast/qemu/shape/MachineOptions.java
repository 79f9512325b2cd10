package dev.holdfast.qemu.shape;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The mainboard: what starts the machine, what its processors and its clock show the guest, and the small devices on it.
 *
 * @param uefi          null for SeaBIOS
 * @param hugePageBytes size of the huge pages behind the guest's memory, null for the host's own pages
 * @param kvmHidden     the processors do not say that KVM runs them
 * @param hyperv        the processors speak Hyper-V's language too, null for not
 * @param timezone      the clock shows the time of this zone (a name of the tz database), null for UTC
 * @param rng           null for no source of random numbers
 * @param watchdog      what QEMU does when the guest stops feeding its watchdog, null for no watchdog
 * @param devices       what is special about passed-through devices, by name
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
        // In order: the pod of one spec is always the same text.
        devices = devices == null ? Map.of() : Collections.unmodifiableMap(new TreeMap<>(devices));
    }

    public boolean hidesKvm() {
        return Boolean.TRUE.equals(kvmHidden);
    }

    public boolean hasRng() {
        return Boolean.TRUE.equals(rng);
    }

    public DeviceOptions options(String device) {
        return devices.getOrDefault(device, DeviceOptions.NONE);
    }

    /**
     * OVMF.
     *
     * @param secureBoot starts only what is signed, and keeps its variables from the guest's system
     * @param persistent its variables outlive the pod
     */
    public record Uefi(boolean secureBoot, boolean persistent) {}

    /**
     * Hyper-V's interfaces, which Windows uses; under KVM alone.
     *
     * @param vendorId what CPUID says of the hypervisor's maker, at most 12 characters; null for Hyper-V's own
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Hyperv(@Nullable String vendorId) {}

    /** What QEMU does when its i6300esb was not fed; names as in QEMU's {@code -action watchdog=}. */
    public enum Watchdog {
        RESET,
        POWEROFF,
        SHUTDOWN
    }

    /**
     * What is special about one passed-through device.
     *
     * @param romFile   the option ROM to show in place of its own, absolute path in the container; null for its own
     * @param romBar    false to show no option ROM; null and true for one
     * @param p2pClique GPUs of the same number, 0 to 15, may talk to each other directly; null for unsaid
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record DeviceOptions(
            @Nullable String romFile,
            @Nullable Boolean romBar,
            @Nullable Integer p2pClique) {
        static final DeviceOptions NONE = new DeviceOptions(null, null, null);
    }
}
