package dev.holdfast.memlock.domain;

import dev.holdfast.text.Quoted;
import java.io.InputStream;
import java.io.Reader;
import javax.xml.XMLConstants;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/**
 * XML that is not trusted: there is no DTD and so no entity that could be large or lie elsewhere, and nothing is fetched.
 * Size, depth and number of elements are for its readers to hold, by the bounds here.
 */
public final class UntrustedXml {
    /** A domain of libvirt has some ten KiB. */
    public static final int MAX_BYTES = 4 << 20;

    /** A chain of backing stores, which nest, may have 200 layers. */
    public static final int MAX_DEPTH = 256;

    public static final int MAX_ELEMENTS = 100_000;

    /** The namespace of options for QEMU that libvirt passes on; its prefix is a choice of the document. */
    public static final String QEMU = "http://libvirt.org/schemas/domain/qemu/1.0";

    private static final int MAX_MESSAGE = 300;

    private UntrustedXml() {}

    /** Opens a document in the encoding that it names. */
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
        // The JDK's own bound is 100; ours comes first and says what to do.
        factory.setProperty("jdk.xml.maxElementDepth", String.valueOf(MAX_DEPTH + 1));
        // What is wrong stands in the exception; the parser would print it, too.
        factory.setXMLReporter((message, type, info, location) -> {});
        factory.setXMLResolver((publicId, systemId, base, namespace) -> {
            throw new XMLStreamException("it refers to another file, which is not fetched");
        });
        return factory;
    }

    /** Returns the parser's message in one line, with the line number in front. */
    public static String message(XMLStreamException e) {
        String message = e.getMessage() == null ? "no reason given" : e.getMessage();
        int reason = message.indexOf("Message: ");
        String words = reason < 0 ? message : message.substring(reason + "Message: ".length());
        String place = e.getLocation() == null ? "" : "line " + e.getLocation().getLineNumber() + ": ";
        return place + UnboundPrefix.message(words).orElseGet(() -> Quoted.plain(words, MAX_MESSAGE));
    }
}
