package dev.holdfast.testbed.kubelet;

import dev.holdfast.testbed.kubelet.device.Rejection;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarSource;
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

    private Environment() {}

    /**
     * In ascending precedence: the image, the way to the API server, the devices, the container.
     *
     * @param fromDevices what CDI and Allocate add
     */
    static Map<String, String> of(Pod pod, Container container, NodeFacts node, Map<String, String> fromDevices)
            throws Rejection {
        Map<String, String> environment = new LinkedHashMap<>();
        environment.put("PATH", PATH);
        environment.put("HOSTNAME", pod.getMetadata().getName());
        // The image's root is the host's; the kubeconfig of its users is none of the pod's business.
        environment.put("HOME", "/");
        environment.putAll(node.api().environment(pod));
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
        return PodFields.of(pod, node, source.getFieldRef().getFieldPath());
    }
}
