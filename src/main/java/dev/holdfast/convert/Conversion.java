package dev.holdfast.convert;

import dev.holdfast.convert.draft.DeviceClasses;
import dev.holdfast.convert.draft.Draft;
import dev.holdfast.convert.draft.Drafts;
import dev.holdfast.convert.draft.Note;
import dev.holdfast.convert.kubevirt.KubeVirtImport;
import dev.holdfast.convert.libvirt.LibvirtImport;
import dev.holdfast.convert.tree.XmlTree;
import dev.holdfast.convert.tree.YamlTree;
import dev.holdfast.memlock.domain.UntrustedXml;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The result of an import. */
public sealed interface Conversion {
    /** The largest input that is read, in bytes: as much as a libvirt domain may have. */
    int MAX_BYTES = UntrustedXml.MAX_BYTES;

    /** The message about YAML or JSON in UTF-16 or an encoding of eight bits. */
    String OTHER_ENCODING =
            "it is not text in UTF-8, but YAML and JSON must be; convert it, such as by `iconv -f UTF-16 -t UTF-8`";

    /**
     * At least one PassthroughVM.
     *
     * @param documents YAML, one document each, without the separators
     * @param notes     what was not carried over, or only in another form
     * @param refusals  a message for each VM of the input that is not among the documents
     */
    record Imported(List<String> documents, List<Note> notes, List<String> refusals) implements Conversion {
        public Imported {
            documents = List.copyOf(documents);
            notes = List.copyOf(notes);
            refusals = List.copyOf(refusals);
        }
    }

    /** Nothing to print; the message has one line for each VM of the input, or one about all of it. */
    record Unusable(List<String> messages) implements Conversion {
        public Unusable {
            messages = List.copyOf(messages);
        }
    }

    /**
     * Converts KubeVirt's objects, in YAML or JSON, or a libvirt domain in XML.
     *
     * @param input   the bytes of a file
     * @param classes which device is of which class
     */
    static Conversion of(byte[] input, DeviceClasses classes) {
        try {
            Drafts drafts = ForeignKind.isXml(input)
                    ? LibvirtImport.of(XmlTree.read(input), classes)
                    : KubeVirtImport.of(YamlTree.read(text(input)), classes);
            return drafts.drafts().isEmpty()
                    ? new Unusable(drafts.refusals())
                    : new Imported(
                            drafts.drafts().stream().map(Draft::yaml).toList(), drafts.notes(), drafts.refusals());
        } catch (IllegalArgumentException e) {
            return new Unusable(List.of(e.getMessage()));
        }
    }

    /** YAML and JSON are in UTF-8 here, as they are for Kubernetes. */
    private static String text(byte[] input) {
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(input))
                    .toString();
            if (text.indexOf('\0') < 0) {
                return text;
            }
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException(OTHER_ENCODING, e);
        }
        throw new IllegalArgumentException(OTHER_ENCODING);
    }
}
