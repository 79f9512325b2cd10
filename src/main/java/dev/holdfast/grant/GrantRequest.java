package dev.holdfast.grant;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/**
 * What the launcher says. Every word of it is a claim that the agent checks.
 *
 * @param namespace     of the VM
 * @param name          of the VM
 * @param measuredBytes what a dry-run found that VFIO will map; null when there was none
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record GrantRequest(
        String namespace, String name, @Nullable Long measuredBytes) {}
