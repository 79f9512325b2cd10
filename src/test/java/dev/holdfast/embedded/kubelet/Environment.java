package dev.holdfast.embedded.kubelet;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarSource;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A container's environment, with fields of the pod in it and {@code $(NAME)} expanded. */
final class Environment {
    private static final String PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    private static final Pattern REFERENCE = Pattern.compile("\\$(\\$|\\(([A-Za-z_][A-Za-z0-9_.-]*)\\))");
    private static final Pattern MAP_FIELD = Pattern.compile("metadata\\.(labels|annotations)\\['(.+)']");

    private Environment() {}

    /**
     * In ascending precedence: the image, what stands in for the service account, the devices, the container.
     *
     * @param fromDevices what CDI and Allocate add
     */
    static Map<String, String> of(Pod pod, Container container, NodeFacts node, Map<String, String> fromDevices)
            throws Rejection {
        Map<String, String> environment = new LinkedHashMap<>();
        environment.put("PATH", PATH);
        environment.put("HOSTNAME", pod.getMetadata().getName());
        if (!Boolean.FALSE.equals(pod.getSpec().getAutomountServiceAccountToken())) {
            // A token and service variables would do this in a real cluster; fabric8 reads this one.
            environment.put("KUBERNETES_MASTER", node.apiUrl());
            environment.put("KUBERNETES_NAMESPACE", pod.getMetadata().getNamespace());
        }
        environment.putAll(fromDevices);
        if (!container.getEnvFrom().isEmpty()) {
            throw Rejection.unsupported("envFrom");
        }
        for (EnvVar variable : container.getEnv()) {
            String value = variable.getValueFrom() == null
                    ? expand(Objects.requireNonNullElse(variable.getValue(), ""), environment)
                    : field(pod, variable.getValueFrom(), node);
            environment.put(variable.getName(), value);
        }
        return environment;
    }

    /** {@code $(NAME)} becomes its value, if there is one, and {@code $$} becomes {@code $}. */
    static String expand(String text, Map<String, String> environment) {
        return REFERENCE
                .matcher(text)
                .replaceAll(match -> Matcher.quoteReplacement(
                        match.group(2) == null ? "$" : environment.getOrDefault(match.group(2), match.group())));
    }

    private static String field(Pod pod, EnvVarSource source, NodeFacts node) throws Rejection {
        if (source.getFieldRef() == null) {
            throw Rejection.unsupported("environment variables from anything but fieldRef");
        }
        ObjectMeta metadata = pod.getMetadata();
        String path = source.getFieldRef().getFieldPath();
        Matcher map = MAP_FIELD.matcher(path);
        if (map.matches()) {
            Map<String, String> values =
                    map.group(1).equals("labels") ? metadata.getLabels() : metadata.getAnnotations();
            return values == null ? "" : values.getOrDefault(map.group(2), "");
        }
        return switch (path) {
            case "metadata.name" -> metadata.getName();
            case "metadata.namespace" -> metadata.getNamespace();
            case "metadata.uid" -> metadata.getUid();
            case "spec.nodeName" -> node.name();
            case "spec.serviceAccountName" ->
                Objects.requireNonNullElse(pod.getSpec().getServiceAccountName(), "default");
            case "status.hostIP", "status.podIP", "status.hostIPs", "status.podIPs" -> node.ip();
            default -> throw Rejection.unsupported("the field " + path);
        };
    }
}
