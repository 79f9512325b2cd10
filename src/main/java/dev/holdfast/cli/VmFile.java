package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.api.DecodeFault;
import dev.holdfast.api.Names;
import dev.holdfast.api.deviceclass.PassthroughDeviceClass;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.convert.ForeignKind;
import dev.holdfast.schema.CrdSchema;
import dev.holdfast.schema.GeneratedName;
import dev.holdfast.schema.Violation;
import dev.holdfast.text.Quoted;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.KubernetesResource;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Reads VMs from a YAML or JSON file, and refuses what the API server would refuse, with its messages. */
public final class VmFile {
    /** Maximum size that the YAML parser reads. */
    private static final int MAX_BYTES = 3 << 20;

    private final String name;
    private final KubernetesSerialization serialization = new KubernetesSerialization();

    private VmFile(String name) {
        this.name = name;
    }

    /**
     * Reads all VMs of the file in their order; the file may also have objects of other kinds that Kubernetes has.
     *
     * @param name  the file, {@code -} for standard input
     * @param stdin read when the name is {@code -}
     * @return at least one, each with a name and a spec
     * @throws IllegalArgumentException with a line for each reason, when the file cannot be read or understood, has no VM,
     *     or one that the API server would refuse
     */
    public static List<PassthroughVM> read(String name, InputStream stdin) {
        return new VmFile(name).read(stdin, PassthroughVM.class);
    }

    /**
     * Reads all node reports of the file.
     *
     * @return at least one
     * @throws IllegalArgumentException with a line for each reason, when the file cannot be read or understood, has no
     *     report, or one that the API server would refuse
     */
    public static List<PassthroughNode> readNodes(String name, InputStream stdin) {
        return new VmFile(name).read(stdin, PassthroughNode.class);
    }

    private <T extends HasMetadata> List<T> read(InputStream stdin, Class<T> kind) {
        String text = new String(InputFile.read(name, stdin, MAX_BYTES), StandardCharsets.UTF_8);
        ForeignKind.message(name, text).ifPresent(message -> {
            throw new IllegalArgumentException(message);
        });
        List<JsonNode> documents = InputDocuments.read(name, text);
        List<String> refusals = documents.stream().flatMap(this::refusal).toList();
        if (!refusals.isEmpty()) {
            throw new IllegalArgumentException(String.join("\n", refusals));
        }
        List<T> found = documents.stream()
                .filter(document -> is(kind, document))
                .map(document -> decoded(document, kind))
                .toList();
        if (found.isEmpty()) {
            throw new IllegalArgumentException("%1$s: no %2$s found; give a file with kind %2$s of %3$s"
                    .formatted(name, HasMetadata.getKind(kind), HasMetadata.getApiVersion(kind)));
        }
        return found;
    }

    private Stream<String> refusal(JsonNode document) {
        List<Violation> violations;
        if (is(PassthroughVM.class, document)) {
            violations = CrdSchema.passthroughVm().violations(document);
        } else if (is(PassthroughDeviceClass.class, document)) {
            violations = CrdSchema.passthroughDeviceClass().violations(document);
        } else if (is(PassthroughNode.class, document)) {
            violations = violationsOfReport(document);
        } else {
            checkOther(document);
            violations = List.of();
        }
        return violations.isEmpty() ? Stream.empty() : Stream.of(ApiRefusalText.of(name, document, violations));
    }

    /** Checks a report as the API server does: it is created without its status, which is written afterwards. */
    private static List<Violation> violationsOfReport(JsonNode report) {
        CrdSchema schema = CrdSchema.passthroughNode();
        List<Violation> made = schema.violations(report);
        return made.isEmpty() && report.has("status")
                ? schema.violationsOfStatus(
                        report, ((ObjectNode) report).deepCopy().without("status"))
                : made;
    }

    private static boolean is(Class<? extends HasMetadata> kind, JsonNode document) {
        return document.path("kind").asText().equals(HasMetadata.getKind(kind))
                && document.path("apiVersion").asText().equals(HasMetadata.getApiVersion(kind));
    }

    private void checkOther(JsonNode document) {
        if (!document.path("kind").isTextual() || !document.path("apiVersion").isTextual()) {
            throw new IllegalArgumentException(name + ": document without apiVersion and kind; set both, such as "
                    + HasMetadata.getApiVersion(PassthroughVM.class) + " and PassthroughVM");
        }
        if (!isOfAnotherGroup(document)
                && decoded(document, KubernetesResource.class) instanceof GenericKubernetesResource) {
            throw new IllegalArgumentException("%s: document of unknown kind %s of %s; must be PassthroughVM of %s"
                    .formatted(
                            name,
                            Quoted.plain(document.path("kind").asText()),
                            Quoted.plain(document.path("apiVersion").asText()),
                            HasMetadata.getApiVersion(PassthroughVM.class)));
        }
    }

    /** Returns whether the document is of another API group, which is allowed as are Kubernetes' own kinds. */
    private static boolean isOfAnotherGroup(JsonNode document) {
        String apiVersion = document.path("apiVersion").asText();
        return apiVersion.contains(".") && !apiVersion.startsWith(Names.GROUP + "/");
    }

    /** Decodes a document. A fault here is a defect, as the schema has accepted the document; it is reported in one line too. */
    private <T> T decoded(JsonNode document, Class<T> type) {
        try {
            T object = serialization.convertValue(document, type);
            if (object instanceof HasMetadata known && known.getMetadata().getName() == null) {
                Optional.ofNullable(known.getMetadata().getGenerateName())
                        .ifPresent(prefix -> known.getMetadata().setName(GeneratedName.of(prefix)));
            }
            return object;
        } catch (RuntimeException e) {
            String problem = Stream.<Throwable>iterate(e, cause -> cause != null, Throwable::getCause)
                    .filter(JsonMappingException.class::isInstance)
                    .findFirst()
                    .map(cause -> DecodeFault.of(cause).text())
                    .orElse("cannot be decoded");
            throw new IllegalArgumentException(
                    "%s: %s: %s".formatted(name, document.path("kind").asText(), problem), e);
        }
    }
}
