package dev.holdfast.plan.machine;

import dev.holdfast.api.vm.Devices;
import dev.holdfast.api.vm.Memlock;
import dev.holdfast.api.vm.MemlockPolicy;
import dev.holdfast.api.vm.PassthroughVMSpec;
import dev.holdfast.memlock.MemlockInput;
import dev.holdfast.memlock.Policy;
import io.fabric8.kubernetes.api.model.Quantity;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What of a VM's spec the limit depends on, in bytes. */
final class MemoryFaults {
    private static final long MIN_GUEST_BYTES = 1L << 20;
    private static final BigDecimal MIN_OVERHEAD_BYTES = BigDecimal.valueOf(1L << 20);
    private static final BigDecimal MAX_OVERHEAD_BYTES = BigDecimal.valueOf(1L << 40);
    private static final BigDecimal KIBI = BigDecimal.valueOf(1024);
    private static final String BINARY_SUFFIXES = "KMGTPE";

    // The powers of ten of apimachinery's decimal suffixes (pkg/api/resource/suffix.go).
    private static final Map<String, Integer> DECIMAL_SUFFIXES =
            Map.of("n", -9, "u", -6, "m", -3, "", 0, "k", 3, "M", 6, "G", 9, "T", 12, "P", 15, "E", 18);
    private static final Pattern QUANTITY = Pattern.compile("(?<number>[+-]?(\\d{1,40}(\\.\\d{0,40})?|\\.\\d{1,40}))"
            + "(([eE](?<exponent>[+-]?\\d{1,3}))|(?<binary>[KMGTPE])i|(?<decimal>[numkMGTPE]?))");

    private MemoryFaults() {}

    /** @throws IllegalArgumentException with one message */
    static void check(PassthroughVMSpec spec) {
        overheadBytes(spec);
        try {
            policy(spec).plan(of(spec, 4096), fixedBytes(spec));
        } catch (dev.holdfast.memlock.Fixed.TooLowException e) {
            return;
        }
        if (spec.devices() != null && spec.devices().iommu() != null && spec.devices().iommu().model() == null) {
            throw new IllegalArgumentException("spec.devices.iommu.model is missing; give intel or virtio");
        }
    }

    /**
     * The calculator's input for a VM; fields that are absent count with their defaults. What only the calculator knows,
     * such as the sizes that a display takes, it checks itself.
     *
     * @param pageBytes page size of the host
     * @throws IllegalArgumentException with one sentence that names the field, when guest memory is missing or below
     *     1Mi, or a quantity is none or not a whole number of bytes
     */
    public static MemlockInput of(PassthroughVMSpec spec, long pageBytes) {
        Devices devices = spec.devices();
        MemlockInput plain = new MemlockInput(
                guestBytes(spec),
                pageBytes,
                Boards.efi(spec) == null ? MemlockInput.Firmware.SEABIOS : MemlockInput.Firmware.FLASH,
                devices == null ? MemlockInput.Video.NONE : video(devices),
                devices == null ? null : videoBytes(devices),
                devices == null ? 0 : devices.passedThrough().size());
        boolean viommu = devices != null && devices.iommu() != null;
        MemlockInput input =
                viommu ? plain.with(MemlockInput.Devices.vfio(plain.devices().vfio(), true)) : plain;
        return withRomFiles(
                withHugePages(input, Boards.hugePageBytes(spec)),
                Boards.withRomFile(spec).size());
    }

    private static MemlockInput withHugePages(MemlockInput input, @Nullable Long pageBytes) {
        return pageBytes == null
                ? input
                : input.with(new MemlockInput.GuestMemory(
                        List.of(new MemlockInput.Ram(input.guestBytes(), pageBytes)), List.of(), null, null, false));
    }

    /** A ROM from a file lies in RAM of QEMU's, and a ConfigMap or a Secret has no more than this. */
    private static MemlockInput withRomFiles(MemlockInput input, int count) {
        return count == 0
                ? input
                : input.with(new MemlockInput.Emulated(
                        input.emulated().nicRoms(),
                        count * MemlockInputs.ROM_FILE_BYTES,
                        input.emulated().ramBarBytes()));
    }

    private static long guestBytes(PassthroughVMSpec spec) {
        String field = "spec.memory.guest";
        if (spec.memory() == null || spec.memory().guest() == null) {
            throw new IllegalArgumentException(field + " is missing; give the guest's memory, such as 4Gi");
        }
        long bytes = wholeBytes(field, spec.memory().guest());
        if (bytes < MIN_GUEST_BYTES) {
            throw new IllegalArgumentException("%s is %s, but a guest needs at least 1Mi; give more, such as 4Gi"
                    .formatted(field, spec.memory().guest()));
        }
        return bytes;
    }

    /**
     * What the spec adds to the pod's memory; 0 when it adds nothing.
     *
     * @throws IllegalArgumentException with one sentence, when it is not 1Mi to 1Ti
     */
    static long overheadBytes(PassthroughVMSpec spec) {
        Quantity overhead = spec.memory() == null ? null : spec.memory().overhead();
        if (overhead == null) {
            return 0;
        }
        BigDecimal bytes = bytes("spec.memory.overhead", overhead);
        if (bytes.compareTo(MIN_OVERHEAD_BYTES) < 0 || bytes.compareTo(MAX_OVERHEAD_BYTES) > 0) {
            throw new IllegalArgumentException(
                    "spec.memory.overhead is %s, but must be 1Mi to 1Ti; give a size such as 512Mi"
                            .formatted(overhead));
        }
        return bytes.setScale(0, RoundingMode.CEILING).longValueExact();
    }

    private static MemlockInput.Video video(Devices devices) {
        if (devices.video() == null || devices.video().type() == null) {
            return MemlockInput.Video.NONE;
        }
        return switch (devices.video().type()) {
            case NONE -> MemlockInput.Video.NONE;
            case VGA -> MemlockInput.Video.VGA;
            case VIRTIO -> MemlockInput.Video.VIRTIO;
            case BOCHS -> MemlockInput.Video.BOCHS;
            case RAMFB -> MemlockInput.Video.RAMFB;
        };
    }

    private static @Nullable Long videoBytes(Devices devices) {
        if (devices.video() == null || devices.video().memory() == null) {
            return null;
        }
        return wholeBytes("spec.devices.video.memory", devices.video().memory());
    }

    /**
     * The policy that the spec names; Exact when it names none.
     */
    public static Policy policy(PassthroughVMSpec spec) {
        Memlock memlock = memlock(spec);
        return memlock == null || memlock.policy() == null ? Policy.EXACT : of(memlock.policy());
    }

    /** The calculator's name for a policy. */
    public static Policy of(MemlockPolicy policy) {
        return switch (policy) {
            case Exact -> Policy.EXACT;
            case Libvirt -> Policy.LIBVIRT;
            case Fixed -> Policy.FIXED;
            case Unlimited -> Policy.UNLIMITED;
        };
    }

    /**
     * The spec's own limit in bytes, null when there is none.
     *
     * @throws IllegalArgumentException with one sentence, when it is no whole number of bytes above 0
     */
    public static @Nullable Long fixedBytes(PassthroughVMSpec spec) {
        Memlock memlock = memlock(spec);
        return memlock == null || memlock.limit() == null
                ? null
                : wholeBytes("spec.memory.memlock.limit", memlock.limit());
    }

    private static @Nullable Memlock memlock(PassthroughVMSpec spec) {
        return spec.memory() == null ? null : spec.memory().memlock();
    }

    /**
     * A quantity in bytes, {@link Long#MAX_VALUE} at the most. fabric8's own conversion rounds to 16 digits, and a limit
     * has to be exact.
     *
     * @param field where the quantity stands, for the sentence
     * @throws IllegalArgumentException with one sentence, when it is no whole number of bytes above 0
     */
    public static long wholeBytes(String field, Quantity quantity) {
        BigDecimal bytes = bytes(field, quantity);
        if (bytes.signum() <= 0) {
            throw new IllegalArgumentException(
                    "%s is %s, but has to be more than nothing; give bytes such as 4Gi".formatted(field, quantity));
        }
        if (bytes.stripTrailingZeros().scale() > 0) {
            throw new IllegalArgumentException(
                    "%s is %s, which is not a whole number of bytes; give one such as 4Gi".formatted(field, quantity));
        }
        return bytes.min(BigDecimal.valueOf(Long.MAX_VALUE)).longValueExact();
    }

    private static BigDecimal bytes(String field, Quantity quantity) {
        Matcher matcher = QUANTITY.matcher(quantity.toString());
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "%s is \"%s\", which is no quantity; give bytes such as 4Gi".formatted(field, quantity));
        }
        return new BigDecimal(matcher.group("number")).multiply(multiple(matcher));
    }

    private static BigDecimal multiple(Matcher matcher) {
        if (matcher.group("exponent") != null) {
            return BigDecimal.ONE.scaleByPowerOfTen(Integer.parseInt(matcher.group("exponent")));
        }
        if (matcher.group("binary") != null) {
            return KIBI.pow(BINARY_SUFFIXES.indexOf(matcher.group("binary")) + 1);
        }
        return BigDecimal.ONE.scaleByPowerOfTen(DECIMAL_SUFFIXES.getOrDefault(matcher.group("decimal"), 0));
    }
}
