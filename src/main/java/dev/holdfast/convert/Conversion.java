package dev.holdfast.convert;

import dev.holdfast.convert.draft.DeviceClasses;
import dev.holdfast.convert.draft.Draft;
import dev.holdfast.convert.draft.Drafts;
import dev.holdfast.convert.draft.Note;
import dev.holdfast.convert.kubevirt.KubeVirtImport;
import dev.holdfast.convert.libvirt.LibvirtImport;
import dev.holdfast.convert.tree.XmlTree;
import dev.holdfast.convert.tree.YamlTree;
import dev.holdfast.memlock.libvirt.UntrustedXml;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Result of an import. */
public sealed interface Conversion {
    /** Maximum size of the input in bytes, the same as for a libvirt domain. */
    int MAX_BYTES = UntrustedXml.MAX_BYTES;

    /** Message for YAML or JSON in UTF-16 or an 8-bit encoding. */
    String OTHER_ENCODING =
            "not UTF-8 text, but YAML and JSON must be UTF-8; convert it, for example by `iconv -f UTF-16 -t UTF-8`";

    /**
     * Result with at least one PassthroughVM.
     *
     * @param documents YAML documents without separators
     * @param notes     notes about parts that were not carried over, or were changed
     * @param refusals  a message for each VM of the input that could not be converted
     */
    record Imported(List<String> documents, List<Note> notes, List<String> refusals) implements Conversion {
        public Imported {
            documents = List.copyOf(documents);
            notes = List.copyOf(notes);
            refusals = List.copyOf(refusals);
        }
    }

    /** Result without any PassthroughVM; one message for each VM of the input, or one for the whole input. */
    record Unusable(List<String> messages) implements Conversion {
        public Unusable {
            messages = List.copyOf(messages);
        }
    }

    /**
     * Converts objects of KubeVirt in YAML or JSON, or a libvirt domain in XML.
     *
     * @param input   contents of a file
     * @param classes device classes of the devices
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

    /** Returns the input as text; YAML and JSON must be UTF-8, as in Kubernetes. */
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
