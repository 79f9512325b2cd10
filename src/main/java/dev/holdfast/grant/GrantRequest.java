package dev.holdfast.grant;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/**
 * Request of a launcher. The agent verifies every field of it.
 *
 * @param namespace     namespace of the VM
 * @param name          name of the VM
 * @param measuredBytes bytes that VFIO will map, measured by a dry-run; null without a dry-run
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record GrantRequest(
        String namespace, String name, @Nullable Long measuredBytes) {}
