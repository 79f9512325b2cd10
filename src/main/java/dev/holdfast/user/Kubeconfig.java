package dev.holdfast.user;

import io.fabric8.kubernetes.api.model.NamedContext;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Finds and reads the user's kubeconfig, in the order of kubectl. */
public final class Kubeconfig {
    private static final String FILES = "KUBECONFIG";
    private static final String IN_CLUSTER = "KUBERNETES_SERVICE_HOST";
    /** Two attempts after the first, within a second. */
    private static final int RETRIES = 2;

    private static final int CONNECT_MILLIS = 10_000;

    private Kubeconfig() {}

    /**
     * Reads a file, or the files of $KUBECONFIG, or ~/.kube/config; without any of them, a pod's service account.
     *
     * @param file        null for the default
     * @param context     null for the current context of the file
     * @param environment variables of this process
     * @throws CommandFailure with a message for the user
     */
    public static Config read(@Nullable String file, @Nullable String context, Map<String, String> environment) {
        List<Path> files = files(file, environment);
        boolean exists = files.stream().anyMatch(Files::exists);
        if (!exists && (file != null || !environment.containsKey(IN_CLUSTER))) {
            throw CommandFailure.input(
                    "no kubeconfig found: %s does not exist; set --kubeconfig or $KUBECONFIG".formatted(text(files)));
        }
        Config config = file == null ? autoConfigured(context, files) : parsed(files, file, context);
        if (exists) {
            checkContext(config, context, files);
        }
        config.setRequestRetryBackoffLimit(RETRIES);
        config.setConnectionTimeout(CONNECT_MILLIS);
        return config;
    }

    private static List<Path> files(@Nullable String file, Map<String, String> environment) {
        if (file != null) {
            return List.of(Path.of(file));
        }
        String listed = environment.getOrDefault(FILES, "");
        return listed.isEmpty()
                ? List.of(Path.of(environment.getOrDefault("HOME", "."), ".kube", "config"))
                : Stream.of(listed.split(File.pathSeparator, -1))
                        .filter(name -> !name.isEmpty())
                        .map(Path::of)
                        .toList();
    }

    private static Config autoConfigured(@Nullable String context, List<Path> files) {
        try {
            return Config.autoConfigure(context);
        } catch (KubernetesClientException e) {
            throw unreadable(files, e);
        }
    }

    private static Config parsed(List<Path> files, String file, @Nullable String context) {
        try {
            return Config.fromKubeconfig(context, new File(file));
        } catch (KubernetesClientException e) {
            throw unreadable(files, e);
        }
    }

    private static CommandFailure unreadable(List<Path> files, KubernetesClientException e) {
        return CommandFailure.input("the kubeconfig %s cannot be read: %s"
                .formatted(
                        text(files),
                        String.valueOf(e.getMessage()).lines().findFirst().orElse("")));
    }

    /** The client library uses the current context in place of one that it does not find. */
    private static void checkContext(Config config, @Nullable String context, List<Path> files) {
        List<String> known = Objects.requireNonNullElse(config.getContexts(), List.<NamedContext>of()).stream()
                .map(NamedContext::getName)
                .sorted()
                .toList();
        if (context != null && !known.contains(context)) {
            throw CommandFailure.input("the kubeconfig %s has no context %s; its contexts are: %s"
                    .formatted(text(files), context, String.join(", ", known)));
        }
        if (config.getCurrentContext() == null) {
            throw CommandFailure.input("the kubeconfig %s has no current context; set --context to one of: %s"
                    .formatted(text(files), String.join(", ", known)));
        }
    }

    private static String text(List<Path> files) {
        return files.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator));
    }
}
