package dev.holdfast.convert;

import dev.holdfast.convert.kubevirt.VmKind;
import dev.holdfast.convert.tree.Part;
import dev.holdfast.convert.tree.YamlTree;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Recognizes objects of KubeVirt and libvirt where a PassthroughVM is expected, and returns a message that explains the
 * conversion.
 */
public final class ForeignKind {
    private static final String BYTE_ORDER_MARK = "\ufeff";

    private ForeignKind() {}

    /**
     * Returns whether the input is XML, judged by its first character, in any usual encoding: the bytes of a byte order
     * mark and the zeroes of UTF-16 are skipped.
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
     * Returns a message if the text is an object of KubeVirt or libvirt, or one of KubeVirt of which only the kind was
     * changed.
     *
     * @param file name of the file, as the user typed it
     * @param text text within {@code YamlBounds}, unless it is XML
     */
    public static Optional<String> message(String file, String text) {
        if (text.replace(BYTE_ORDER_MARK, "").stripLeading().startsWith("<")) {
            return Optional.of(
                    "%1$s is XML, must be YAML or JSON; for a libvirt domain, `holdfast memlock --domain-xml %1$s` computes its limit, and `holdfast import -f %1$s` converts it to a PassthroughVM"
                            .formatted(file));
        }
        // Most files are PassthroughVMs and need no second parser.
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
            // The reader of PassthroughVMs reports the error.
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
                ? "%s: PassthroughVM with a spec of KubeVirt (%s)".formatted(file, inside + ".domain")
                : "%s: %s of %s, a kind of KubeVirt".formatted(file, kind, apiVersion);
        return Optional.of(
                "%s, must be a PassthroughVM of holdfast.dev/v1alpha1, with cpu, memory, firmware, features, clock and devices of %s.domain in spec, as well as its volumes, networks and nodeSelector, and with holdfast.dev/ and a device class as deviceName; `holdfast import -f %s` converts it and lists the parts that are not carried over"
                        .formatted(found, inside, file));
    }
}
