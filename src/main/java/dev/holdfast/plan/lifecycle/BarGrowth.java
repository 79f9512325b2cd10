package dev.holdfast.plan.lifecycle;

import dev.holdfast.api.Cause;
import dev.holdfast.api.Names;
import dev.holdfast.api.Reason;
import dev.holdfast.plan.claims.DynamicResources;
import dev.holdfast.plan.machine.ByteQuantity;
import dev.holdfast.plan.machine.DeviceSource;
import dev.holdfast.plan.machine.Given;
import dev.holdfast.plan.machine.GuestIommu;
import dev.holdfast.plan.machine.MachineSpec;
import dev.holdfast.plan.observed.BarSizes;
import dev.holdfast.plan.observed.ObservedPod;
import dev.holdfast.plan.observed.PodState;
import dev.holdfast.plan.observed.ReportedNodes;
import dev.holdfast.plan.pod.BarOverhead;
import dev.holdfast.plan.pod.ClaimedBars;
import dev.holdfast.plan.pod.HumanBytes;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Compares the BAR sizes that a pod's memory allows for, from an annotation of the pod, with devices that were reported since.
 * Only growth by more than an eighth counts, and only for pods with the annotation: a pod is replaced at most once for each
 * larger device, and {@link BarSizes#MAX_BYTES} is the limit for a node that reports larger and larger ones.
 */
final class BarGrowth {
    /** Entry of a class; that of a claim begins with {@code claim/}. */
    private static final Pattern ENTRY =
            Pattern.compile("(?<![^,])([a-z0-9-]{1,63})=([1-9]\\d{0,18}(?:Mi)?)(?: assumed)?");

    /** Entry of a device by claim. */
    private static final Pattern CLAIM = Pattern.compile(
            "(?<![^,])claim/([a-z0-9-]{1,63})(?:/([a-z0-9-]{1,63}))?=([1-9]\\d{0,18}(?:Mi)?)(?: assumed)?");

    private BarGrowth() {}

    /** Returns why the pod must be created again before it gets a node; empty when its memory still suffices for each device. */
    static Optional<Cause> of(Pod pod, ReadOnce spec, ReportedNodes nodes, DynamicResources dynamic) {
        if (!(PodState.of(pod) instanceof PodState.Unscheduled)
                || !(spec.machine() instanceof MachineSpec.Valid valid)) {
            return Optional.empty();
        }
        BarSizes sizes = nodes.bars();
        boolean viommu = valid.machine().iommu() != GuestIommu.NONE;
        return covered(pod).entrySet().stream()
                .flatMap(entry -> sizes.largest(entry.getKey(), viommu).stream()
                        .filter(bytes -> hasGrown(entry.getValue(), bytes))
                        .mapToObj(bytes -> new Cause(
                                Reason.PodTooSmall,
                                "a node reports a %s with BARs of %s, but the memory of pod %s allows page tables only for %s; the pod is created again"
                                        .formatted(
                                                Names.resourceOf(entry.getKey()),
                                                HumanBytes.bytes(bytes),
                                                pod.getMetadata().getName(),
                                                HumanBytes.bytes(entry.getValue())))))
                .findFirst()
                .or(() -> ofClaims(pod, new ClaimedBars(valid.machine(), sizes, dynamic)));
    }

    private static Optional<Cause> ofClaims(Pod pod, ClaimedBars bars) {
        return new ObservedPod(pod)
                .annotation(BarOverhead.ANNOTATION).map(CLAIM::matcher).stream()
                        .flatMap(Matcher::results)
                        .flatMap(entry -> {
                            DeviceSource.OfClaim device = new DeviceSource.OfClaim(
                                    entry.group(1), Given.of(entry.group(2)).orElse(""));
                            long covered = ByteQuantity.bytes(entry.group(3)).orElse(Long.MAX_VALUE);
                            return bars.largest(device).stream()
                                    .filter(bytes -> hasGrown(covered, bytes))
                                    .mapToObj(bytes -> new Cause(
                                            Reason.PodTooSmall,
                                            "%s may allocate a device with BARs of %s, but the memory of pod %s allows page tables only for %s; the pod is created again"
                                                    .formatted(
                                                            device.words(),
                                                            HumanBytes.bytes(bytes),
                                                            pod.getMetadata().getName(),
                                                            HumanBytes.bytes(covered))));
                        })
                        .findFirst();
    }

    private static boolean hasGrown(long covered, long bytes) {
        return bytes - covered > covered / 8;
    }

    private static SortedMap<String, Long> covered(Pod pod) {
        SortedMap<String, Long> covered = new TreeMap<>();
        new ObservedPod(pod)
                .annotation(BarOverhead.ANNOTATION)
                .map(ENTRY::matcher)
                .ifPresent(entries -> {
                    while (entries.find()) {
                        ByteQuantity.bytes(entries.group(2)).ifPresent(bytes -> covered.put(entries.group(1), bytes));
                    }
                });
        return covered;
    }
}
