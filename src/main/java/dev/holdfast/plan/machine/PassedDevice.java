package dev.holdfast.plan.machine;

import java.util.OptionalInt;

/**
 * A device that is passed through: one whole IOMMU group of the node.
 *
 * @param gpu       whether the spec lists it under GPUs
 * @param cliqueNo  number of a set of GPUs that may access each other's memory, 0 to 15; {@link #NO_CLIQUE} for none
 */
public record PassedDevice(String name, DeviceSource source, boolean gpu, OptionRom rom, int cliqueNo) {
    public static final int NO_CLIQUE = -1;

    /** The option ROM that the guest sees. */
    public sealed interface OptionRom {
        /** The device's own ROM, if it has one. */
        record Own() implements OptionRom {}

        record Hidden() implements OptionRom {}

        /** A ROM from an entry of a ConfigMap or a Secret. */
        record FromObject(Kind kind, String object, String key) implements OptionRom {
            public enum Kind {
                CONFIG_MAP,
                SECRET
            }
        }
    }

    public OptionalInt clique() {
        return cliqueNo == NO_CLIQUE ? OptionalInt.empty() : OptionalInt.of(cliqueNo);
    }

    public boolean hasRomFile() {
        return rom instanceof OptionRom.FromObject;
    }
}
