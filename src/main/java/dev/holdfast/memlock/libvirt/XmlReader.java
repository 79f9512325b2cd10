package dev.holdfast.memlock.libvirt;

import java.io.ByteArrayInputStream;
import java.io.StringReader;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;
import org.jspecify.annotations.Nullable;

/**
 * Bounded reader of untrusted XML. Elements of foreign namespaces, which are metadata, are skipped; elements of
 * libvirt's namespace for QEMU get the prefix {@code qemu:}.
 */
final class XmlReader {
    private static final Pattern DECLARATION = Pattern.compile("<\\?xml\\s[^?<>]{0,200}\\?>");

    private final XMLStreamReader reader;
    private final Deque<Open> open = new ArrayDeque<>();
    private int elements;

    private XmlReader(XMLStreamReader reader) {
        this.reader = reader;
    }

    /** Element whose end has not been read yet. */
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
     * Reads the root element, or those of several concatenated documents.
     *
     * @throws IllegalArgumentException if it is not XML, has a DTD, or exceeds a bound; the message is for the user
     */
    static List<Xml> readAll(byte[] document) {
        if (document.length > UntrustedXml.MAX_BYTES) {
            throw new IllegalArgumentException(
                    "larger than 4 MiB, must be at most 4 MiB; use the output of virsh dumpxml");
        }
        try {
            XMLStreamReader reader = UntrustedXml.open(new ByteArrayInputStream(document));
            String named = reader.getCharacterEncodingScheme();
            String encoding = named == null ? reader.getEncoding() : named;
            Xml first = new XmlReader(reader).root();
            return isSingleDocument(reader) ? List.of(first) : readSeveral(document, encoding);
        } catch (XMLStreamException e) {
            throw new IllegalArgumentException("not XML: " + UntrustedXml.message(e), e);
        } catch (Refused e) {
            throw e;
        } catch (RuntimeException e) {
            // The parser found bytes that are not characters, or reached one of its own bounds.
            throw new IllegalArgumentException("not XML: " + e.getClass().getSimpleName(), e);
        }
    }

    /** Thrown for a document that exceeds a bound of this reader. */
    private static final class Refused extends IllegalArgumentException {
        private static final long serialVersionUID = 1;

        Refused(String message) {
            super(message);
        }
    }

    private static boolean isSingleDocument(XMLStreamReader reader) {
        try {
            while (reader.hasNext()) {
                reader.next();
            }
            return true;
        } catch (XMLStreamException e) {
            return false;
        }
    }

    /** Reads several documents in one added root element, on its first line, so that line numbers stay correct. */
    private static List<Xml> readSeveral(byte[] document, @Nullable String encoding) throws XMLStreamException {
        Charset charset = encoding == null ? StandardCharsets.UTF_8 : Charset.forName(encoding);
        String text = new String(document, charset).replace("\ufeff", "");
        // An XML declaration is only allowed at the start of a document.
        String joined = "<documents>" + DECLARATION.matcher(text).replaceAll("") + "</documents>";
        Xml documents = new XmlReader(UntrustedXml.open(new StringReader(joined))).root();
        if (!documents.text().isEmpty()) {
            throw new XMLStreamException("text outside of all elements");
        }
        return documents.children();
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
                    if (namespace == null || namespace.isEmpty() || namespace.equals(UntrustedXml.QEMU)) {
                        open.getFirst().children.add(closed);
                    }
                }
                case XMLStreamConstants.CHARACTERS, XMLStreamConstants.CDATA -> {
                    if (!open.isEmpty()) {
                        open.getFirst().text.append(reader.getText());
                    }
                }
                case XMLStreamConstants.DTD, XMLStreamConstants.ENTITY_REFERENCE ->
                    throw new Refused(
                            "document type or entity found, must have neither; use the output of virsh dumpxml");
                default -> {}
            }
        }
        throw new XMLStreamException("no element found");
    }

    private Open begin() {
        if (open.size() >= UntrustedXml.MAX_DEPTH || ++elements > UntrustedXml.MAX_ELEMENTS) {
            throw new Refused(
                    "elements are nested deeper than %d, or there are more than %d, must be fewer; use the output of virsh dumpxml"
                            .formatted(UntrustedXml.MAX_DEPTH, UntrustedXml.MAX_ELEMENTS));
        }
        Map<String, String> attributes = new HashMap<>();
        for (int i = 0; i < reader.getAttributeCount(); i++) {
            attributes.put(reader.getAttributeLocalName(i), reader.getAttributeValue(i));
        }
        String prefix = UntrustedXml.QEMU.equals(reader.getNamespaceURI()) ? Xml.QEMU : "";
        return new Open(prefix + reader.getLocalName(), attributes);
    }
}
