package dev.holdfast.convert;

import dev.holdfast.convert.kubevirt.VmKind;
import dev.holdfast.convert.tree.Part;
import dev.holdfast.convert.tree.YamlTree;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Recognizes what is pasted where a PassthroughVM is expected, and says where its parts go. */
public final class ForeignKind {
    private static final String BYTE_ORDER_MARK = "\ufeff";

    private ForeignKind() {}

    /**
     * The input is XML, by its first character, in any of XML's usual encodings: bytes of a byte order mark and the zeroes
     * of UTF-16 are skipped.
     */
    static boolean isXml(byte[] input) {
        for (byte letter : input) {
            boolean skipped = letter == ' ' || letter == '\n' || letter == '\r' || letter == '\t' || letter <= 0;
            if (!skipped) {
                return letter == '<';
            }
        }
        return false;
    }

    /**
     * A message when the text is KubeVirt's or libvirt's, or KubeVirt's with the kind changed only.
     *
     * @param file as the user named it
     * @param text within the bounds of {@code YamlBounds} unless it is XML
     */
    public static Optional<String> message(String file, String text) {
        if (text.replace(BYTE_ORDER_MARK, "").stripLeading().startsWith("<")) {
            return Optional.of(
                    "%1$s is XML, but must be YAML or JSON; for a libvirt domain, `holdfast memlock --domain-xml %1$s` computes its limit, and `holdfast import -f %1$s` makes a PassthroughVM of it"
                            .formatted(file));
        }
        // Most files are ours, and need no second parser.
        if (Stream.of("kubevirt.io/", "template", "domain").noneMatch(text::contains)) {
            return Optional.empty();
        }
        return documents(text).stream()
                .flatMap(ForeignKind::objects)
                .flatMap(object -> message(file, object).stream())
                .findFirst();
    }

    private static List<Part> documents(String text) {
        try {
            return YamlTree.read(text);
        } catch (IllegalArgumentException e) {
            // The reader of PassthroughVMs says what is wrong with it.
            return List.of();
        }
    }

    private static Stream<Part> objects(Part document) {
        List<Part> items = document.field("items").items();
        return items.isEmpty() ? Stream.of(document) : items.stream();
    }

    private static Optional<String> message(String file, Part object) {
        String inside = switch (VmKind.of(object)) {
            case PASSTHROUGH_VM, OTHER -> "";
            case VIRTUAL_MACHINE, REPLICA_SET -> "spec.template.spec";
            case INSTANCE -> "spec";
            case POOL -> "spec.virtualMachineTemplate.spec.template.spec";
        };
        if (inside.isEmpty()) {
            return Optional.empty();
        }
        String kind = object.field("kind").peek().orElse("");
        String apiVersion = object.field("apiVersion").peek().orElse("");
        String found = kind.equals("PassthroughVM")
                ? "%s: a PassthroughVM with the spec of KubeVirt (%s)".formatted(file, inside + ".domain")
                : "%s: a %s of %s, which is KubeVirt's".formatted(file, kind, apiVersion);
        return Optional.of(
                "%s, but must be a PassthroughVM of holdfast.dev/v1alpha1: cpu, memory, firmware, features, clock and devices of %s.domain go to spec, its volumes, networks and nodeSelector too, and deviceName is holdfast.dev/ and a device class; `holdfast import -f %s` converts it and lists what is not carried over"
                        .formatted(found, inside, file));
    }
}
