package dev.holdfast.plan.lifecycle;

import dev.holdfast.api.vm.PassthroughVMSpec;
import dev.holdfast.plan.machine.MachineSpec;
import org.jspecify.annotations.Nullable;

/** The result of reading a VM's spec. It is read when it is first asked for: most plans for a machine that runs do not ask. */
public final class ReadOnce {
    private final @Nullable PassthroughVMSpec spec;
    private MachineSpec.@Nullable Result result;

    public ReadOnce(@Nullable PassthroughVMSpec spec) {
        this.spec = spec;
    }

    /** Returns the machine, or why the spec has none. */
    public synchronized MachineSpec.Result machine() {
        MachineSpec.Result known = result;
        if (known == null) {
            known = MachineSpec.of(spec);
            result = known;
        }
        return known;
    }
}
