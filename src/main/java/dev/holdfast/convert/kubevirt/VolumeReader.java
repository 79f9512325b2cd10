package dev.holdfast.convert.kubevirt;

import dev.holdfast.convert.draft.Bytes;
import dev.holdfast.convert.draft.ClaimNames;
import dev.holdfast.convert.draft.Draft;
import dev.holdfast.convert.draft.Note;
import dev.holdfast.convert.draft.Notes;
import dev.holdfast.convert.draft.Values;
import dev.holdfast.convert.tree.Part;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reader of the contents of a disk. */
final class VolumeReader {
    private static final Map<String, String> PULL_POLICIES =
            Map.of("Always", "Always", "IfNotPresent", "IfNotPresent", "Never", "Never");

    private final Draft draft;
    private final Notes notes;
    private final Values values;
    private final ClaimNames claims = new ClaimNames();

    VolumeReader(Draft draft, Notes notes) {
        this.draft = draft;
        this.notes = notes;
        this.values = new Values(notes);
    }

    /** Returns the fields of a volume besides its name; empty if it is not carried over, which is reported. */
    Optional<Map<String, Object>> read(Part volume) {
        Map<String, Object> made = new LinkedHashMap<>();
        containerDisk(volume.field("containerDisk"), made);
        Part claim = volume.field("persistentVolumeClaim");
        claim(claim, claim.field("claimName"), made);
        claim(volume.field("dataVolume"), volume.field("dataVolume").field("name"), made);
        emptyDisk(volume.field("emptyDisk"), made);
        cloudInit(volume.field("cloudInitNoCloud"), made);
        cloudInit(volume.field("cloudInitConfigDrive"), made);
        object(volume.field("secret"), "secret", "secretName", made);
        object(volume.field("configMap"), "configMap", "name", made);
        hostDisk(volume.field("hostDisk"), made);
        if (made.size() == 1) {
            volume.field("name").done();
            return Optional.of(made);
        }
        reject(volume, made.size() > 1);
        return Optional.empty();
    }

    private void reject(Part volume, boolean several) {
        String kind = volume.fieldNames().stream()
                .filter(field -> !field.equals("name"))
                .findFirst()
                .orElse("none");
        notes.notCarriedOver(
                volume, several ? "the volume is of several kinds, must be of one; set one" : Reasons.volume(kind));
    }

    private void containerDisk(Part disk, Map<String, Object> made) {
        values.text(disk.field("image"), Values.IMAGE, "the name of an image without white space")
                .ifPresent(image -> {
                    Map<String, Object> fields = Draft.entry("image", image);
                    values.text(disk.field("path"), Values.PATH, "an absolute path")
                            .ifPresent(path -> fields.put("path", path));
                    values.choice(disk.field("imagePullPolicy"), PULL_POLICIES, "use Always, IfNotPresent or Never")
                            .ifPresent(policy -> fields.put("imagePullPolicy", policy));
                    new PullSecrets(draft, notes).read(disk.field("imagePullSecret"));
                    made.put("containerDisk", fields);
                });
    }

    /** Reads the claim of a volume; the claim of a DataVolume has the name of the DataVolume. */
    private void claim(Part volume, Part name, Map<String, Object> made) {
        values.text(name, Values.OBJECT, "the name of a claim").ifPresent(text -> {
            Map<String, Object> fields = Draft.entry("claimName", text);
            values.bool(volume.field("readOnly")).filter(on -> on).ifPresent(on -> fields.put("readOnly", true));
            volume.field("hotpluggable").is("false");
            made.put("persistentVolumeClaim", fields);
        });
    }

    private void emptyDisk(Part disk, Map<String, Object> made) {
        Optional<String> capacity = disk.field("capacity").peek();
        if (capacity.filter(text -> text.length() <= 32 && Bytes.within(text, 1L << 20, 64L << 40))
                .isPresent()) {
            disk.field("capacity").done();
            made.put("emptyDisk", Draft.entry("capacity", capacity.get()));
        }
    }

    private void cloudInit(Part source, Map<String, Object> made) {
        Map<String, Object> fields = new LinkedHashMap<>();
        one(source, List.of("secretRef", "userDataBase64", "userData"), 65536, fields);
        if (fields.isEmpty()) {
            return;
        }
        one(source, List.of("networkDataSecretRef", "networkDataBase64", "networkData"), 16384, fields);
        if (source.name().equals("cloudInitConfigDrive")) {
            notes.add(
                    source.path(),
                    Note.Kind.CHANGED,
                    "replaced by cloudInitNoCloud, which cloud-init reads as well; a guest without cloud-init, such"
                            + " as one with Ignition, must get its data in another way");
        }
        made.put("cloudInitNoCloud", fields);
    }

    private void one(Part source, List<String> kinds, int longest, Map<String, Object> fields) {
        for (String kind : kinds) {
            Part part = source.field(kind);
            Optional<String> text = (kind.endsWith("ecretRef") ? part.field("name") : part).peek();
            if (text.isEmpty() || text.get().isEmpty()) {
                continue;
            }
            if (text.get().length() > longest) {
                notes.notCarriedOver(part, "longer than %d characters; move it to a Secret".formatted(longest));
            } else if (kind.endsWith("ecretRef")) {
                values.text(part.field("name"), Values.OBJECT, "the name of a Secret")
                        .ifPresent(name -> fields.put(kind, Draft.entry("name", name)));
            } else {
                part.done();
                fields.put(kind, text.get());
            }
            return;
        }
    }

    private void object(Part source, String kind, String field, Map<String, Object> made) {
        values.text(source.field(field), Values.OBJECT, "the name of an object").ifPresent(name -> {
            source.field("optional").is("false");
            made.put(kind, Draft.entry(field, name));
        });
    }

    private void hostDisk(Part disk, Map<String, Object> made) {
        disk.field("path").peek().ifPresent(path -> {
            String claim = claims.of(path);
            notes.changed(
                    disk,
                    "the file %s of a node was replaced by the claim %s; create that claim and copy the file into it as disk.img"
                            .formatted(Notes.quote(path), claim));
            made.put("persistentVolumeClaim", Draft.entry("claimName", claim));
        });
    }
}
