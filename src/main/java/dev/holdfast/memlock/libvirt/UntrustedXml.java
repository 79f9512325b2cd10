package dev.holdfast.memlock.libvirt;

import dev.holdfast.text.Quoted;
import java.io.InputStream;
import java.io.Reader;
import javax.xml.XMLConstants;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/**
 * Parser settings for untrusted XML: without DTDs there are no entities that could be large or refer to other files,
 * and nothing is fetched. Readers enforce the bounds for size, depth and number of elements.
 */
public final class UntrustedXml {
    /** Maximum size in bytes; a libvirt domain has some ten KiB. */
    public static final int MAX_BYTES = 4 << 20;

    /** Maximum depth; a chain of backing stores, which are nested, can have 200 layers. */
    public static final int MAX_DEPTH = 256;

    public static final int MAX_ELEMENTS = 100_000;

    /** Namespace of options that libvirt passes to QEMU; the document chooses its prefix. */
    public static final String QEMU = "http://libvirt.org/schemas/domain/qemu/1.0";

    private static final int MAX_MESSAGE = 300;

    private UntrustedXml() {}

    /** Opens a document in the encoding that it declares. */
    public static XMLStreamReader open(InputStream document) throws XMLStreamException {
        return factory().createXMLStreamReader(document);
    }

    static XMLStreamReader open(Reader document) throws XMLStreamException {
        return factory().createXMLStreamReader(document);
    }

    private static XMLInputFactory factory() {
        XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        factory.setProperty(XMLInputFactory.IS_REPLACING_ENTITY_REFERENCES, false);
        factory.setProperty(XMLInputFactory.IS_VALIDATING, false);
        factory.setProperty(XMLConstants.ACCESS_EXTERNAL_DTD, "");
        // The JDK's bound is 100; the bound of the readers applies first and has a message with a remedy.
        factory.setProperty("jdk.xml.maxElementDepth", String.valueOf(MAX_DEPTH + 1));
        // The exception contains the error; the parser would print it as well.
        factory.setXMLReporter((message, type, info, location) -> {});
        factory.setXMLResolver((publicId, systemId, base, namespace) -> {
            throw new XMLStreamException("reference to another file found, which is not fetched");
        });
        return factory;
    }

    /** Returns the parser's message in one line that begins with the line number. */
    public static String message(XMLStreamException e) {
        String message = e.getMessage() == null ? "no reason reported" : e.getMessage();
        int reason = message.indexOf("Message: ");
        String words = reason < 0 ? message : message.substring(reason + "Message: ".length());
        String place = e.getLocation() == null ? "" : "line " + e.getLocation().getLineNumber() + ": ";
        return place + UnboundPrefix.message(words).orElseGet(() -> Quoted.plain(words, MAX_MESSAGE));
    }
}
