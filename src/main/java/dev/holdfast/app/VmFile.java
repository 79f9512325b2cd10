package dev.holdfast.app;

import com.fasterxml.jackson.databind.JsonMappingException;
import dev.holdfast.api.DecodeFault;
import dev.holdfast.api.Names;
import dev.holdfast.api.PassthroughDeviceClass;
import dev.holdfast.api.PassthroughNode;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.convert.ForeignKind;
import dev.holdfast.convert.tree.YamlBounds;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.KubernetesList;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/** VMs from a YAML or JSON file, read as strictly as the API server does: an unknown field is refused. */
final class VmFile {
    /** Of what the YAML parser reads at the most. */
    private static final int MAX_BYTES = 3 << 20;

    private VmFile() {}

    /**
     * All VMs of the file in their order; other kinds that Kubernetes knows may stand beside them.
     *
     * @param name  the file, {@code -} for standard input
     * @param stdin read when the name is {@code -}
     * @return at least one
     * @throws IllegalArgumentException with one sentence, when the file cannot be read or understood, or has no VM
     */
    static List<PassthroughVM> read(String name, InputStream stdin) {
        List<PassthroughVM> vms = read(name, stdin, PassthroughVM.class);
        for (PassthroughVM vm : vms) {
            if (vm.getSpec() == null) {
                throw new IllegalArgumentException("%s: %s has no spec; give one with memory.guest and devices"
                        .formatted(name, vm.getMetadata().getName()));
            }
        }
        return vms;
    }

    /**
     * All node reports of the file.
     *
     * @return at least one
     * @throws IllegalArgumentException with one sentence, when the file cannot be read or understood, or has no report
     */
    static List<PassthroughNode> readNodes(String name, InputStream stdin) {
        List<PassthroughNode> nodes = read(name, stdin, PassthroughNode.class);
        for (PassthroughNode node : nodes) {
            if (node.getMetadata().getName() == null) {
                throw new IllegalArgumentException(
                        name + " has a PassthroughNode without metadata.name; give it the name of its node");
            }
        }
        return nodes;
    }

    private static <T extends HasMetadata> List<T> read(String name, InputStream stdin, Class<T> kind) {
        String text = new String(InputFile.read(name, stdin, MAX_BYTES), StandardCharsets.UTF_8);
        checkBounds(name, text);
        ForeignKind.message(name, text).ifPresent(message -> {
            throw new IllegalArgumentException(message);
        });
        List<T> found = resources(name, parse(name, text))
                .filter(kind::isInstance)
                .map(kind::cast)
                .toList();
        if (found.isEmpty()) {
            throw new IllegalArgumentException("%1$s has no %2$s; give a file with kind %2$s of %3$s"
                    .formatted(name, HasMetadata.getKind(kind), HasMetadata.getApiVersion(kind)));
        }
        return found;
    }

    private static @Nullable Object parse(String name, String text) {
        KubernetesSerialization serialization = new KubernetesSerialization();
        serialization.registerKubernetesResource(PassthroughVM.class);
        serialization.registerKubernetesResource(PassthroughDeviceClass.class);
        serialization.registerKubernetesResource(PassthroughNode.class);
        try {
            return serialization.unmarshal(text);
        } catch (RuntimeException e) {
            // Whatever the parsers below throw, it is about the text.
            String problem = Stream.<Throwable>iterate(e, Throwable::getCause)
                    .takeWhile(cause -> cause != null)
                    .filter(JsonMappingException.class::isInstance)
                    .findFirst()
                    .map(cause -> DecodeFault.of(cause).text())
                    .orElseGet(
                            () -> "it is no YAML or JSON: " + oneLine(rootOf(e).getMessage()));
            throw new IllegalArgumentException(name + ": " + problem, e);
        }
    }

    /** What the client reads as JSON is read by a parser with bounds of its own; XML is not read at all. */
    private static void checkBounds(String name, String text) {
        String start = text.stripLeading();
        if (start.startsWith("{") || start.startsWith("[") || start.startsWith("<")) {
            return;
        }
        try {
            YamlBounds.check(text);
        } catch (YamlEngineException e) {
            throw new IllegalArgumentException(
                    "%s: it is no YAML or JSON: %s".formatted(name, oneLine(e.getMessage())), e);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(name + ": " + e.getMessage(), e);
        }
    }

    private static Stream<Object> resources(String name, @Nullable Object parsed) {
        return switch (parsed) {
            case null -> Stream.empty();
            case Collection<?> documents -> documents.stream().flatMap(document -> resources(name, document));
            case KubernetesList list -> list.getItems().stream().flatMap(item -> resources(name, item));
            // Of a group of another it is none of our business, like the kinds that Kubernetes knows itself.
            case GenericKubernetesResource unknown when isAnothers(unknown) -> Stream.empty();
            case GenericKubernetesResource unknown ->
                throw unknownKind(name, unknown.getKind(), unknown.getApiVersion());
            case HasMetadata known -> Stream.of(known);
            default ->
                throw new IllegalArgumentException(
                        name + " has a document without apiVersion and kind; give both, such as "
                                + HasMetadata.getApiVersion(PassthroughVM.class) + " and PassthroughVM");
        };
    }

    private static boolean isAnothers(GenericKubernetesResource resource) {
        return resource.getKind() != null
                && resource.getApiVersion() != null
                && resource.getApiVersion().contains(".")
                && !resource.getApiVersion().startsWith(Names.GROUP + "/");
    }

    private static IllegalArgumentException unknownKind(
            String name, @Nullable String kind, @Nullable String apiVersion) {
        return new IllegalArgumentException(
                "%s has a document of the unknown kind %s of %s; expected is PassthroughVM of %s"
                        .formatted(name, kind, apiVersion, HasMetadata.getApiVersion(PassthroughVM.class)));
    }

    private static Throwable rootOf(Throwable e) {
        Throwable cause = e;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    private static String oneLine(@Nullable String text) {
        return text == null ? "no reason given" : text.strip().replaceAll("\\s+", " ");
    }
}
