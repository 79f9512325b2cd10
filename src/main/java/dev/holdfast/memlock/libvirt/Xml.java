package dev.holdfast.memlock.libvirt;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Element of a document in memory.
 *
 * @param text text of the element, stripped, without the text of its children
 */
record Xml(String name, Map<String, String> attributes, List<Xml> children, String text) {
    /** Prefix of the names of elements in libvirt's namespace for QEMU. */
    static final String QEMU = "qemu:";

    Xml {
        attributes = Map.copyOf(attributes);
        children = List.copyOf(children);
    }

    Optional<String> attribute(String attribute) {
        return Optional.ofNullable(attributes.get(attribute));
    }

    boolean has(String attribute, String value) {
        return value.equals(attributes.get(attribute));
    }

    /** Returns the first child with this name. */
    Optional<Xml> child(String child) {
        return all(child).findFirst();
    }

    Stream<Xml> all(String child) {
        return children.stream().filter(candidate -> candidate.name().equals(child));
    }

    /** Returns the element at the end of a path of first children. */
    Optional<Xml> at(String... path) {
        Optional<Xml> found = Optional.of(this);
        for (String step : path) {
            found = found.flatMap(element -> element.child(step));
        }
        return found;
    }
}
