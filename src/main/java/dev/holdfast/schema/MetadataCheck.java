package dev.holdfast.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.re2j.Pattern;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Check of the metadata of a new object, as in ValidateObjectMetaAccessor of k8s.io/apimachinery/pkg/api/validation. An
 * absent namespace is accepted, because the request supplies it.
 */
final class MetadataCheck {
    private static final String LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
    private static final String SUBDOMAIN = LABEL + "(\\." + LABEL + ")*";
    private static final Pattern IS_LABEL = Pattern.compile(LABEL);
    private static final Pattern IS_SUBDOMAIN = Pattern.compile(SUBDOMAIN);
    private static final String KEY = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
    private static final Pattern IS_KEY = Pattern.compile(KEY);
    private static final Pattern IS_VALUE = Pattern.compile("(" + KEY + ")?");
    private static final String KEY_RULE =
            "must consist of alphanumeric characters, '-', '_' or '.', and must start and"
                    + " end with an alphanumeric character";
    private static final int MAX_SUBDOMAIN = 253;
    private static final int MAX_LABEL = 63;
    private static final long MAX_ANNOTATIONS_BYTES = 256 << 10;

    private final Findings findings;

    MetadataCheck(Findings findings) {
        this.findings = findings;
    }

    /**
     * @param namespaced true if objects of the kind are namespaced
     */
    void check(JsonNode metadata, boolean namespaced) {
        String generateName = metadata.path("generateName").asText("");
        if (!generateName.isEmpty()) {
            refuse("generateName", generateName, subdomain(withoutLastDash(generateName)));
        }
        String name = metadata.path("name").asText("");
        if (name.isEmpty()) {
            findings.required("metadata.name", "name or generateName is required");
        } else {
            refuse("name", name, subdomain(name));
        }
        checkNamespace(metadata.path("namespace").asText(""), namespaced);
        metadata.path("labels").properties().forEach(label -> {
            refuse("labels", label.getKey(), key(label.getKey()));
            String value = label.getValue().asText("");
            refuse("labels", value, value(value));
        });
        checkAnnotations(metadata.path("annotations"));
        checkOwners(metadata.path("ownerReferences"));
        metadata.path("finalizers").forEach(one -> refuse("finalizers", one.asText(""), key(one.asText(""))));
    }

    private void checkNamespace(String namespace, boolean namespaced) {
        if (!namespaced && !namespace.isEmpty()) {
            findings.forbidden("metadata.namespace", "not allowed on this type");
        } else if (!namespace.isEmpty()) {
            refuse("namespace", namespace, label(namespace));
        }
    }

    private void checkAnnotations(JsonNode annotations) {
        long bytes = 0;
        for (var annotation : annotations.properties()) {
            refuse("annotations", annotation.getKey(), key(annotation.getKey().toLowerCase(Locale.ROOT)));
            bytes += bytes(annotation.getKey()) + bytes(annotation.getValue().asText(""));
        }
        if (bytes > MAX_ANNOTATIONS_BYTES) {
            findings.tooLong("metadata.annotations", MAX_ANNOTATIONS_BYTES);
        }
    }

    private void checkOwners(JsonNode owners) {
        for (JsonNode owner : owners) {
            if (owner.path("apiVersion").asText("").isEmpty()) {
                findings.invalid("metadata.ownerReferences.apiVersion", "\"\"", "version must not be empty");
            }
            for (String field : List.of("kind", "name", "uid")) {
                if (owner.path(field).asText("").isEmpty()) {
                    findings.invalid("metadata.ownerReferences." + field, "\"\"", "must not be empty");
                }
            }
        }
    }

    private void refuse(String field, String value, List<String> reasons) {
        reasons.forEach(reason -> findings.invalid("metadata." + field, GoText.quoted(value), reason));
    }

    private static List<String> subdomain(String name) {
        List<String> reasons = new ArrayList<>();
        if (bytes(name) > MAX_SUBDOMAIN) {
            reasons.add("must be no more than 253 characters");
        }
        if (!IS_SUBDOMAIN.matches(name)) {
            reasons.add(rule(
                    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and"
                            + " must start and end with an alphanumeric character",
                    SUBDOMAIN,
                    "example.com"));
        }
        return reasons;
    }

    private static List<String> label(String name) {
        List<String> reasons = new ArrayList<>();
        if (bytes(name) > MAX_LABEL) {
            reasons.add("must be no more than 63 characters");
        }
        if (!IS_LABEL.matches(name)) {
            reasons.add(
                    IS_SUBDOMAIN.matches(name)
                            ? "must not contain dots"
                            : rule(
                                    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or"
                                            + " '-', and must start and end with an alphanumeric character",
                                    LABEL,
                                    "my-name",
                                    "123-abc"));
        }
        return reasons;
    }

    private static List<String> value(String value) {
        List<String> reasons = new ArrayList<>();
        if (bytes(value) > MAX_LABEL) {
            reasons.add("must be no more than 63 bytes");
        }
        if (!IS_VALUE.matches(value)) {
            reasons.add(rule(
                    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and"
                            + " must start and end with an alphanumeric character",
                    "(" + KEY + ")?",
                    "MyValue",
                    "my_value",
                    "12345"));
        }
        return reasons;
    }

    private static List<String> key(String key) {
        List<String> reasons = new ArrayList<>();
        String rule = rule(KEY_RULE, KEY, "MyName", "my.name", "123-abc");
        String[] parts = key.split("/", -1);
        if (parts.length > 2) {
            return List.of("a valid label key " + rule
                    + " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')");
        }
        String name = parts[parts.length - 1];
        if (parts.length == 2 && parts[0].isEmpty()) {
            reasons.add("prefix part must be non-empty");
        } else if (parts.length == 2) {
            subdomain(parts[0])
                    .forEach(reason -> reasons.add("prefix part " + reason.replace("253 characters", "253 bytes")));
        }
        if (name.isEmpty()) {
            reasons.add("name part must be non-empty");
        } else if (bytes(name) > MAX_LABEL) {
            reasons.add("name part must be no more than 63 bytes");
        }
        if (!IS_KEY.matches(name)) {
            reasons.add("name part " + rule);
        }
        return reasons;
    }

    private static String rule(String words, String form, String... examples) {
        return List.of(examples).stream()
                .map(example -> "'" + example + "', ")
                .collect(Collectors.joining(" or ", words + " (e.g. ", "regex used for validation is '" + form + "')"));
    }

    /** Replaces a final dash, which is valid because the generated part follows it. */
    private static String withoutLastDash(String prefix) {
        return prefix.length() > 1 && prefix.endsWith("-") ? prefix.substring(0, prefix.length() - 2) + "a" : prefix;
    }

    private static int bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }
}
