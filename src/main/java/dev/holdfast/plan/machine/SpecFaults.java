package dev.holdfast.plan.machine;

import dev.holdfast.api.Cause;
import dev.holdfast.api.Reason;
import dev.holdfast.api.vm.PassthroughVMSpec;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Why a spec describes no machine. */
final class SpecFaults {
    private SpecFaults() {}

    /** Lists the causes; none for a valid spec. */
    static List<Cause> of(@Nullable PassthroughVMSpec spec) {
        if (spec == null) {
            return List.of(
                    new Cause(Reason.InvalidSpec, "the VM has no spec; give at least spec.memory.guest and a device"));
        }
        Optional<Cause> fault = BoardFaults.of(spec).or(() -> DeviceFaults.of(spec));
        if (fault.isPresent()) {
            return List.of(fault.get());
        }
        try {
            VolumeFaults.check(spec);
            NetworkFaults.check(spec);
            MemoryFaults.check(spec);
            return List.of();
        } catch (IllegalArgumentException e) {
            return List.of(new Cause(Reason.InvalidSpec, Objects.requireNonNullElse(e.getMessage(), e.toString())));
        }
    }
}
