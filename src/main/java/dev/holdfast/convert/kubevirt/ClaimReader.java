package dev.holdfast.convert.kubevirt;

import dev.holdfast.api.DnsNames;
import dev.holdfast.convert.draft.Draft;
import dev.holdfast.convert.draft.Notes;
import dev.holdfast.convert.tree.Part;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Reader of the claims of Dynamic Resource Allocation, and of the devices that they allocate.
 *
 * <p>Not thread-safe.
 */
final class ClaimReader {
    private static final Pattern NAME = Pattern.compile(DnsNames.LABEL_63);
    private static final Pattern OBJECT = Pattern.compile(DnsNames.SUBDOMAIN_253);
    private static final String LABEL = "at most 63 lower-case letters, digits and inner dashes";
    private static final int MAX = 32;

    private final Part claims;
    private final Draft draft;
    private final Notes notes;
    /** The entries that devices can have, by name. */
    private final Map<String, Map<String, Object>> entries = new LinkedHashMap<>();
    /** The requests of devices so far, by claim; empty for a device without a request. */
    private final Map<String, List<String>> requests = new LinkedHashMap<>();

    ClaimReader(Part claims, Draft draft, Notes notes) {
        this.claims = claims;
        this.draft = draft;
        this.notes = notes;
        claims.items().forEach(this::claim);
    }

    private void claim(Part claim) {
        Part existing = claim.field("resourceClaimName");
        Part template = claim.field("resourceClaimTemplateName");
        if (existing.present() == template.present()) {
            notes.notCarriedOver(
                    claim,
                    "an entry must have exactly one of resourceClaimName and resourceClaimTemplateName; correct it");
            return;
        }
        Part object = existing.present() ? existing : template;
        Optional<String> name = matching(claim.field("name"), NAME);
        Optional<String> objectName = matching(object, OBJECT);
        if (name.isEmpty() || objectName.isEmpty()) {
            notes.notCarriedOver(
                    claim,
                    "name must be %s, and %s the name of an object in the VM's namespace; correct it"
                            .formatted(LABEL, object.name()));
        } else if (entries.size() == MAX || entries.containsKey(name.get())) {
            notes.notCarriedOver(
                    claim,
                    "a PassthroughVM can have at most %d entries with different names; correct it".formatted(MAX));
        } else {
            entries.put(name.get(), Draft.entry("name", name.get(), object.name(), objectName.get()));
        }
    }

    /** Returns the fields of a device that a claim allocates; empty with a note when it cannot be carried over. */
    Optional<Map<String, Object>> source(Part device) {
        Part claim = device.field("claimName");
        Part request = device.field("requestName");
        String name = claim.text().orElse("");
        if (!entries.containsKey(name)) {
            notes.notCarriedOver(
                    device, "claimName %s is not in resourceClaims; add it there".formatted(Notes.quote(name)));
            return Optional.empty();
        }
        Optional<String> requested = matching(request, NAME);
        if (request.present() && requested.isEmpty()) {
            notes.notCarriedOver(
                    device,
                    "requestName is %s, must be %s, without the name of a subrequest; correct it"
                            .formatted(Notes.quote(request.peek().orElse("")), LABEL));
            return Optional.empty();
        }
        List<String> before = requests.getOrDefault(name, List.of());
        String own = requested.orElse("");
        if (before.contains(own) || before.contains("") || own.isEmpty() && !before.isEmpty()) {
            notes.notCarriedOver(
                    device,
                    "another device has the same claim, so each must have a requestName, and no two the same; correct it");
            return Optional.empty();
        }
        return Optional.of(
                own.isEmpty() ? Draft.entry("claimName", name) : Draft.entry("claimName", name, "requestName", own));
    }

    private static Optional<String> matching(Part part, Pattern form) {
        return part.text().filter(text -> form.matcher(text).matches());
    }

    /** Records that a device is in the draft. */
    void use(Map<String, Object> source) {
        requests.computeIfAbsent(String.valueOf(source.get("claimName")), claim -> new ArrayList<>())
                .add(String.valueOf(source.getOrDefault("requestName", "")));
    }

    /** Writes the claims of the devices in the draft. */
    void write() {
        entries.forEach((name, entry) -> {
            if (requests.containsKey(name)) {
                draft.add("spec.resourceClaims", entry);
            }
        });
        claims.items().stream()
                .filter(claim -> claim.field("name")
                        .peek()
                        .filter(name -> entries.containsKey(name) && !requests.containsKey(name))
                        .isPresent())
                .forEach(
                        claim -> notes.notCarriedOver(
                                claim,
                                "no device has it as its claimName, so the guest would not see what it allocates; set it in a device"));
    }
}
