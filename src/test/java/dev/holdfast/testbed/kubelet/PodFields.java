package dev.holdfast.testbed.kubelet;

import dev.holdfast.testbed.kubelet.device.Rejection;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The downward API: what a pod may learn of itself, by the path of a field. */
final class PodFields {
    private static final Pattern MAP_ENTRY = Pattern.compile("metadata\\.(labels|annotations)\\['(.+)']");

    private PodFields() {}

    static String of(Pod pod, NodeFacts node, String path) throws Rejection {
        ObjectMeta metadata = pod.getMetadata();
        Matcher entry = MAP_ENTRY.matcher(path);
        if (entry.matches()) {
            Map<String, String> values =
                    entry.group(1).equals("labels") ? metadata.getLabels() : metadata.getAnnotations();
            return values == null ? "" : values.getOrDefault(entry.group(2), "");
        }
        return switch (path) {
            case "metadata.name" -> metadata.getName();
            case "metadata.namespace" -> metadata.getNamespace();
            case "metadata.uid" -> metadata.getUid();
            case "spec.nodeName" -> node.name();
            case "spec.serviceAccountName" -> serviceAccount(pod);
            case "status.hostIP", "status.podIP", "status.hostIPs", "status.podIPs" -> node.ip();
            default -> throw Rejection.unsupported("the field " + path);
        };
    }

    static String serviceAccount(Pod pod) {
        return Objects.requireNonNullElse(pod.getSpec().getServiceAccountName(), "default");
    }
}
