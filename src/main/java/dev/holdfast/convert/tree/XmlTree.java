package dev.holdfast.convert.tree;

import dev.holdfast.memlock.libvirt.UntrustedXml;
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
 * Reader of an XML document into parts, with the bounds of the reader in {@code memlock.libvirt}. Unlike there, elements
 * of other namespaces are kept, with their prefix, because they must be reported.
 */
public final class XmlTree {
    private final XMLStreamReader reader;
    private final Deque<Element> open = new ArrayDeque<>();
    private int elements;

    private XmlTree(XMLStreamReader reader) {
        this.reader = reader;
    }

    /** Element whose path is not known yet. */
    private record Element(String name, Map<String, String> attributes, List<Element> children, StringBuilder text) {}

    /**
     * Reads a document and returns its root element.
     *
     * @param document XML in the encoding that it declares
     * @throws IllegalArgumentException if it is not XML, has a DTD, or exceeds a bound; the message is for the user
     */
    public static Part read(byte[] document) {
        if (document.length > UntrustedXml.MAX_BYTES) {
            throw new IllegalArgumentException(
                    "larger than 4 MiB, must be at most 4 MiB; use the output of virsh dumpxml");
        }
        try {
            Element root = new XmlTree(UntrustedXml.open(new ByteArrayInputStream(document))).root();
            return part("/" + root.name(), root);
        } catch (XMLStreamException e) {
            throw new IllegalArgumentException("not valid XML: " + message(e), e);
        } catch (IllegalArgumentException e) {
            throw e;
        } catch (RuntimeException e) {
            // The parser found bytes that are not characters, or reached one of its own bounds.
            throw new IllegalArgumentException("not valid XML: bytes that are invalid in its encoding", e);
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
                            "document type or entity found, must have neither; use the output of virsh dumpxml");
                default -> {}
            }
        }
        if (root == null) {
            throw new XMLStreamException("no element found");
        }
        return root;
    }

    private Element begin() {
        if (open.size() >= UntrustedXml.MAX_DEPTH || ++elements > UntrustedXml.MAX_ELEMENTS) {
            throw new IllegalArgumentException(
                    "elements are nested deeper than %d, or there are more than %d, must be fewer; use the output of virsh dumpxml"
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
                ? "more than one root element found, must be one; use one file for each domain"
                : UntrustedXml.message(e);
    }
}
