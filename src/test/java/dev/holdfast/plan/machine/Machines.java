package dev.holdfast.plan.machine;

import dev.holdfast.api.vm.PassthroughVM;
import io.fabric8.kubernetes.client.utils.Serialization;

/** Machines of specs in YAML. */
public final class Machines {
    private Machines() {}

    /** Reads the spec and whatever it describes. */
    public static MachineSpec.Result read(String yaml) {
        return MachineSpec.of(Serialization.unmarshal("spec:\n" + yaml.indent(2), PassthroughVM.class)
                .getSpec());
    }

    /** Returns the machine of a valid spec. */
    public static MachineSpec of(String yaml) {
        return switch (read(yaml)) {
            case MachineSpec.Valid valid -> valid.machine();
            case MachineSpec.Invalid invalid ->
                throw new AssertionError("invalid: " + invalid.causes() + " in\n" + yaml);
        };
    }
}
