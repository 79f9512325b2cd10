package dev.holdfast.memlock.domain;

import java.io.ByteArrayInputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.xml.XMLConstants;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/**
 * Reads XML of strangers. There is no DTD and so no entity that could be large or lie elsewhere, nothing is fetched, and
 * size and depth are bounded; what a domain does not use, such as elements of a foreign namespace, is skipped.
 */
final class XmlReader {
    /** A domain of libvirt has some ten KiB. */
    static final int MAX_BYTES = 4 << 20;

    /** A chain of backing stores, which nest, may have 200 layers. */
    static final int MAX_DEPTH = 256;

    private static final int MAX_ELEMENTS = 100_000;

    private final XMLStreamReader reader;
    private final Deque<Open> open = new ArrayDeque<>();
    private int elements;

    private XmlReader(XMLStreamReader reader) {
        this.reader = reader;
    }

    /** An element whose end has not come yet. */
    private static final class Open {
        private final String name;
        private final Map<String, String> attributes;
        private final List<Xml> children = new ArrayList<>();
        private final StringBuilder text = new StringBuilder();

        Open(String name, Map<String, String> attributes) {
            this.name = name;
            this.attributes = attributes;
        }

        Xml close() {
            return new Xml(name, attributes, children, text.toString().strip());
        }
    }

    /**
     * The root element.
     *
     * @throws IllegalArgumentException with one sentence, when it is no XML, has a DTD, or is larger or deeper than any
     *     domain
     */
    static Xml read(byte[] document) {
        if (document.length > MAX_BYTES) {
            throw new IllegalArgumentException(
                    "it is larger than 4 MiB, which no domain is; give what virsh dumpxml prints");
        }
        try {
            XMLStreamReader reader = factory().createXMLStreamReader(new ByteArrayInputStream(document));
            return new XmlReader(reader).root();
        } catch (XMLStreamException e) {
            throw new IllegalArgumentException("it is no XML: " + sentence(e), e);
        } catch (IllegalArgumentException e) {
            throw e;
        } catch (RuntimeException e) {
            // The parser meets bytes that are no characters, or one of its own bounds.
            throw new IllegalArgumentException("it is no XML: " + e.getClass().getSimpleName(), e);
        }
    }

    private static XMLInputFactory factory() {
        XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        factory.setProperty(XMLInputFactory.IS_REPLACING_ENTITY_REFERENCES, false);
        factory.setProperty(XMLInputFactory.IS_VALIDATING, false);
        factory.setProperty(XMLConstants.ACCESS_EXTERNAL_DTD, "");
        // The JDK's own bound is 100; ours comes first and says what to do.
        factory.setProperty("jdk.xml.maxElementDepth", String.valueOf(MAX_DEPTH + 1));
        factory.setXMLResolver((publicId, systemId, base, namespace) -> {
            throw new XMLStreamException("it refers to " + systemId + ", and nothing is fetched");
        });
        return factory;
    }

    private Xml root() throws XMLStreamException {
        while (reader.hasNext()) {
            switch (reader.next()) {
                case XMLStreamConstants.START_ELEMENT -> open.push(begin());
                case XMLStreamConstants.END_ELEMENT -> {
                    String namespace = reader.getNamespaceURI();
                    Xml closed = open.pop().close();
                    if (open.isEmpty()) {
                        return closed;
                    }
                    if (namespace == null || namespace.isEmpty()) {
                        open.getFirst().children.add(closed);
                    }
                }
                case XMLStreamConstants.CHARACTERS, XMLStreamConstants.CDATA -> {
                    if (!open.isEmpty()) {
                        open.getFirst().text.append(reader.getText());
                    }
                }
                case XMLStreamConstants.DTD, XMLStreamConstants.ENTITY_REFERENCE ->
                    throw new IllegalArgumentException(
                            "it has a document type or an entity, which no domain needs; give what virsh dumpxml prints");
                default -> {}
            }
        }
        throw new XMLStreamException("it has no element");
    }

    private Open begin() {
        if (open.size() >= MAX_DEPTH || ++elements > MAX_ELEMENTS) {
            throw new IllegalArgumentException(
                    "its elements are deeper than %d or more than %d, which no domain's are; give what virsh dumpxml prints"
                            .formatted(MAX_DEPTH, MAX_ELEMENTS));
        }
        Map<String, String> attributes = new HashMap<>();
        for (int i = 0; i < reader.getAttributeCount(); i++) {
            attributes.put(reader.getAttributeLocalName(i), reader.getAttributeValue(i));
        }
        return new Open(reader.getLocalName(), attributes);
    }

    /** Without the parser's own two lines of where: the line number alone. */
    private static String sentence(XMLStreamException e) {
        String message = e.getMessage() == null ? "no reason given" : e.getMessage();
        int reason = message.indexOf("Message: ");
        String words = reason < 0 ? message : message.substring(reason + "Message: ".length());
        String place = e.getLocation() == null ? "" : "line " + e.getLocation().getLineNumber() + ": ";
        return place + words.strip().replaceAll("\\s+", " ");
    }
}
