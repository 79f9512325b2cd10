package dev.holdfast.agent.slice;

import dev.holdfast.agent.slice.PublishedSlice.Pool;
import java.util.List;

/** Write of one slice. */
sealed interface SliceWrite {
    /** Creates a slice. */
    record Create(Pool pool, List<SliceDevice> devices) implements SliceWrite {}

    /**
     * Replaces a slice.
     *
     * @param before the slice as it was read; the write is refused when it has changed since
     */
    record Replace(PublishedSlice before, Pool pool, List<SliceDevice> devices) implements SliceWrite {}

    /** Deletes a slice. */
    record Delete(PublishedSlice before) implements SliceWrite {}
}
