package dev.holdfast.plan.machine;

import dev.holdfast.memlock.MemlockInput;
import java.util.OptionalLong;

/**
 * The emulated display.
 *
 * @param memoryBytes 0 for the model's default
 */
public record Display(MemlockInput.Video model, long memoryBytes) {
    /** Returns the framebuffer's size; empty unless the spec sets one. */
    public OptionalLong configuredBytes() {
        return memoryBytes == 0 ? OptionalLong.empty() : OptionalLong.of(memoryBytes);
    }
}
