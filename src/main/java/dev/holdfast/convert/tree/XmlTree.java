package dev.holdfast.convert.tree;

import dev.holdfast.memlock.domain.UntrustedXml;
import java.io.ByteArrayInputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/**
 * An XML document as parts, within the bounds of the reader of {@code memlock.domain}. Unlike there, elements of other namespaces are
 * kept, by their prefix, since they have to be reported.
 */
public final class XmlTree {
    private final XMLStreamReader reader;
    private final Deque<Element> open = new ArrayDeque<>();
    private int elements;

    private XmlTree(XMLStreamReader reader) {
        this.reader = reader;
    }

    /** An element before it has a path. */
    private record Element(String name, Map<String, String> attributes, List<Element> children, StringBuilder text) {}

    /**
     * The root element.
     *
     * @param document XML in the encoding that it names
     * @throws IllegalArgumentException with a message for the user when it is not XML, has a DTD, or is larger or deeper
     *     than any domain
     */
    public static Part read(byte[] document) {
        if (document.length > UntrustedXml.MAX_BYTES) {
            throw new IllegalArgumentException(
                    "it is larger than 4 MiB, which no domain is; give what virsh dumpxml prints");
        }
        try {
            Element root = new XmlTree(UntrustedXml.open(new ByteArrayInputStream(document))).root();
            return part("/" + root.name(), root);
        } catch (XMLStreamException e) {
            throw new IllegalArgumentException("it is not valid XML: " + message(e), e);
        } catch (IllegalArgumentException e) {
            throw e;
        } catch (RuntimeException e) {
            // The parser meets bytes that are no characters, or one of its own bounds.
            throw new IllegalArgumentException("it is not valid XML: bytes that no document of its encoding has", e);
        }
    }

    private Element root() throws XMLStreamException {
        Element root = null;
        while (reader.hasNext()) {
            switch (reader.next()) {
                case XMLStreamConstants.START_ELEMENT -> open.push(begin());
                case XMLStreamConstants.END_ELEMENT -> {
                    Element closed = open.pop();
                    if (open.isEmpty()) {
                        root = closed;
                    } else {
                        open.getFirst().children().add(closed);
                    }
                }
                case XMLStreamConstants.CHARACTERS, XMLStreamConstants.CDATA -> {
                    if (!open.isEmpty()) {
                        open.getFirst().text().append(reader.getText());
                    }
                }
                case XMLStreamConstants.DTD, XMLStreamConstants.ENTITY_REFERENCE ->
                    throw new IllegalArgumentException(
                            "it has a document type or an entity, which no domain needs; give what virsh dumpxml prints");
                default -> {}
            }
        }
        if (root == null) {
            throw new XMLStreamException("it has no element");
        }
        return root;
    }

    private Element begin() {
        if (open.size() >= UntrustedXml.MAX_DEPTH || ++elements > UntrustedXml.MAX_ELEMENTS) {
            throw new IllegalArgumentException(
                    "its elements are deeper than %d or more than %d, which no domain's are; give what virsh dumpxml prints"
                            .formatted(UntrustedXml.MAX_DEPTH, UntrustedXml.MAX_ELEMENTS));
        }
        Map<String, String> attributes = new LinkedHashMap<>();
        for (int i = 0; i < reader.getAttributeCount(); i++) {
            attributes.put(
                    prefixed(reader.getAttributePrefix(i), reader.getAttributeLocalName(i)),
                    reader.getAttributeValue(i));
        }
        return new Element(
                prefixed(
                        UntrustedXml.QEMU.equals(reader.getNamespaceURI()) ? "qemu" : reader.getPrefix(),
                        reader.getLocalName()),
                attributes,
                new ArrayList<>(),
                new StringBuilder());
    }

    private static String prefixed(String prefix, String name) {
        return prefix == null || prefix.isEmpty() ? name : prefix + ":" + name;
    }

    private static Part part(String path, Element element) {
        Part part = Part.container(path, element.name(), null);
        element.attributes()
                .forEach(
                        (name, value) -> part.addField("@" + name, Part.scalar(path + "@" + name, name, value, value)));
        String text = element.text().toString().strip();
        if (!text.isEmpty()) {
            part.addField("", Part.scalar(path, element.name(), text, text));
        }
        Map<String, Long> counts =
                element.children().stream().collect(Collectors.groupingBy(Element::name, Collectors.counting()));
        Map<String, Integer> seen = new HashMap<>();
        for (Element child : element.children()) {
            int number = seen.merge(child.name(), 1, Integer::sum);
            String index = counts.getOrDefault(child.name(), 1L) > 1 ? "[" + number + "]" : "";
            part.addItem(part(path + "/" + child.name() + index, child));
        }
        return part;
    }

    private static String message(XMLStreamException e) {
        return String.valueOf(e.getMessage()).contains("following the root element")
                ? "it has more than one root element; give each domain a file of its own"
                : UntrustedXml.message(e);
    }
}
