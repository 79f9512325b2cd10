package dev.holdfast.plan;

import dev.holdfast.api.Cause;
import dev.holdfast.api.Names;
import dev.holdfast.api.PassthroughNode;
import dev.holdfast.api.Reason;
import dev.holdfast.api.vm.PassthroughVM;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Sizes of BARs that a pod's memory covers, in an annotation of the pod, and whether a device with larger ones has been
 * reported since. Only growth counts, by more than an eighth, and only of pods that bear the annotation: a pod is replaced
 * at most once for each larger device, and a node that reports ever larger ones comes to an end at
 * {@link BarSizes#MAX_BYTES}.
 */
final class BarGrowth {
    static final String ANNOTATION = Names.GROUP + "/bar-sizes";

    private static final String ASSUMED = " assumed";
    private static final Pattern ENTRY = Pattern.compile("([a-z0-9-]{1,63})=([1-9]\\d{0,18}(?:Mi)?)(?: assumed)?");

    private BarGrowth() {}

    /** Such as {@code nvidia-a100=131120Mi,xdma=16384Mi assumed}. */
    static String published(BarOverhead bars) {
        return bars.classes().stream()
                .map(one -> one.deviceClass() + "=" + VmContainer.bytes(one.bytes()) + (one.assumed() ? ASSUMED : ""))
                .collect(Collectors.joining(","));
    }

    /** Why the pod has to be made again before it gets a node; empty when its memory still covers every device. */
    static Optional<Cause> of(Pod pod, PassthroughVM vm, List<PassthroughNode> nodes) {
        if (vm.getSpec() == null || !(PodState.of(pod) instanceof PodState.Unscheduled)) {
            return Optional.empty();
        }
        BarSizes sizes = new BarSizes(nodes);
        boolean viommu = BarOverhead.hasIommu(vm.getSpec());
        return covered(pod).entrySet().stream()
                .flatMap(entry -> sizes.largest(entry.getKey(), viommu).stream()
                        .filter(bytes -> bytes - entry.getValue() > entry.getValue() / 8)
                        .mapToObj(bytes -> new Cause(
                                Reason.PodTooSmall,
                                "a node reports a %s with BARs of %s, and the memory of pod %s covers page tables for %s; the pod is made again"
                                        .formatted(
                                                Names.resourceOf(entry.getKey()),
                                                Readable.bytes(bytes),
                                                pod.getMetadata().getName(),
                                                Readable.bytes(entry.getValue())))))
                .findFirst();
    }

    private static SortedMap<String, Long> covered(Pod pod) {
        Map<String, String> annotations = pod.getMetadata().getAnnotations();
        String text = annotations == null ? null : annotations.get(ANNOTATION);
        SortedMap<String, Long> covered = new TreeMap<>();
        if (text != null) {
            Matcher entries = ENTRY.matcher(text);
            while (entries.find()) {
                covered.put(entries.group(1), MemlockInputs.wholeBytes(ANNOTATION, new Quantity(entries.group(2))));
            }
        }
        return covered;
    }
}
