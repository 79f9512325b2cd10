package dev.holdfast.telemetry;

import java.time.Instant;

/**
 * VMs of one phase that are not ready for the same reason.
 *
 * @param phase  phase of the VM status
 * @param reason reason of the condition Ready, from a fixed set
 * @param count  1 or more
 * @param since  last change of a condition of the VM that has made no progress for the longest time
 */
public record NotReadyVms(String phase, String reason, int count, Instant since) {}
