package dev.holdfast.memlock;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/**
 * One summand.
 *
 * @param name   stable, for programs: guest-memory, firmware-rom, ...
 * @param bytes  at least 0
 * @param reason why these bytes are charged, one sentence for a person
 * @param source where that can be looked up: a file of Linux, QEMU or libvirt; null for a figure of our own
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Term(
        String name, long bytes, String reason, @Nullable String source) {

    /** A figure of our own. */
    public Term(String name, long bytes, String reason) {
        this(name, bytes, reason, null);
    }
}
