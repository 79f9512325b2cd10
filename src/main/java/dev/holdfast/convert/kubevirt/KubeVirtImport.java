package dev.holdfast.convert.kubevirt;

import dev.holdfast.api.Names;
import dev.holdfast.convert.draft.DeviceClasses;
import dev.holdfast.convert.draft.Draft;
import dev.holdfast.convert.draft.Drafts;
import dev.holdfast.convert.draft.NotConvertibleException;
import dev.holdfast.convert.draft.Note;
import dev.holdfast.convert.draft.Notes;
import dev.holdfast.convert.tree.Part;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Reader of the documents of a file with objects of KubeVirt and others. */
public final class KubeVirtImport {
    private static final int MAX = 1000;

    private final DeviceClasses classes;
    private final DeviceIds ids;
    private final boolean several;
    private final List<Draft> drafts = new ArrayList<>();
    private final List<Note> notes = new ArrayList<>();
    private final List<String> refusals = new ArrayList<>();

    private KubeVirtImport(DeviceClasses classes, DeviceIds ids, boolean several) {
        this.classes = classes;
        this.ids = ids;
        this.several = several;
    }

    /**
     * Converts all documents.
     *
     * @throws IllegalArgumentException if there is no VM among them, or there are more than 1000 objects; the message
     *                 is for the user
     */
    public static Drafts of(List<Part> documents, DeviceClasses classes) {
        List<Part> objects = documents.stream().flatMap(KubeVirtImport::objects).toList();
        if (objects.size() > MAX) {
            throw new IllegalArgumentException(
                    "%d objects found, must be at most %d; split the file".formatted(objects.size(), MAX));
        }
        KubeVirtImport reader = new KubeVirtImport(classes, DeviceIds.of(objects), objects.size() > 1);
        objects.forEach(reader::read);
        documents.stream().filter(KubeVirtImport::isList).forEach(reader::list);
        if (reader.drafts.isEmpty() && reader.refusals.isEmpty()) {
            throw new IllegalArgumentException(noVm(objects));
        }
        return new Drafts(reader.drafts, reader.notes, reader.refusals);
    }

    private static String noVm(List<Part> objects) {
        boolean ours = objects.stream().anyMatch(object -> VmKind.of(object) == VmKind.PASSTHROUGH_VM);
        return ours
                ? "already a PassthroughVM; apply it without conversion"
                : "no VM found; use a file with a VirtualMachine or VirtualMachineInstance of kubevirt.io, or a"
                        + " libvirt domain";
    }

    private static boolean isList(Part document) {
        Part items = document.field("items");
        return document.field("kind")
                        .peek()
                        .filter(kind -> kind.endsWith("List"))
                        .isPresent()
                && items.isContainer()
                && items.present();
    }

    private static Stream<Part> objects(Part document) {
        return isList(document)
                ? document.field("items").items().stream().flatMap(KubeVirtImport::objects)
                : Stream.of(document);
    }

    /** Reports the fields of a list besides its items. */
    private void list(Part list) {
        Notes about = new Notes(title(list));
        for (String field : list.fieldNames()) {
            if (!Set.of("apiVersion", "kind", "items").contains(field)) {
                about.notCarriedOver(list.field(field), "belongs to the list; no action is needed");
            }
        }
        notes.addAll(about.grouped());
    }

    private void read(Part object) {
        String title = title(object);
        Notes about = new Notes(several ? title : "");
        VmKind kind = VmKind.of(object);
        try {
            switch (kind) {
                case OTHER -> other(object, about);
                case PASSTHROUGH_VM ->
                    about.add("", Note.Kind.NOT_CARRIED_OVER, "already a PassthroughVM; apply it without conversion");
                default -> drafts.add(new VmReader(object, kind, about, classes, ids).read());
            }
            notes.addAll(about.grouped());
        } catch (NotConvertibleException e) {
            refusals.add(title + ": " + e.text());
        }
    }

    private static void other(Part object, Notes about) {
        String kind = object.field("kind").peek().orElse("");
        String text = switch (kind) {
            case "" -> "kind is missing, must be set; correct it";
            case "DataVolume" ->
                "not converted: CDI fills the claim with the same name, which the VM uses; apply it together with the"
                        + " PassthroughVM";
            case "KubeVirt" -> "only the IDs of permittedHostDevices were read; the object configures KubeVirt only";
            default -> "not converted; apply it together with the PassthroughVM if the VM uses it";
        };
        about.add("", Note.Kind.NOT_CARRIED_OVER, text);
    }

    private static String title(Part object) {
        String kind = object.field("kind").peek().orElse("document without kind");
        Optional<String> name = object.field("metadata").field("name").peek();
        return Notes.plain(kind) + name.map(text -> " " + Notes.plain(text)).orElse("");
    }

    /** Returns whether objects of this API version belong to KubeVirt. */
    static boolean isKubeVirt(String apiVersion) {
        return apiVersion.startsWith("kubevirt.io/") || apiVersion.startsWith("pool.kubevirt.io/");
    }

    static boolean isHoldfast(String apiVersion) {
        return apiVersion.startsWith(Names.GROUP + "/");
    }
}
