package dev.holdfast.memlock;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/**
 * Term of the required bytes or of libvirt's limit.
 *
 * @param name   name for programs, the same in all versions: guest-memory, firmware-rom, ...
 * @param bytes  size in bytes, at least 0
 * @param reason explanation why these bytes are charged, for people
 * @param source source of the explanation: a file of Linux, QEMU or libvirt; null for a value that Holdfast chose
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Term(
        String name, long bytes, String reason, @Nullable String source) {

    /** Creates a term whose value Holdfast chose. */
    public Term(String name, long bytes, String reason) {
        this(name, bytes, reason, null);
    }
}
