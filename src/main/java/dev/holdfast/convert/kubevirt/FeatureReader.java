package dev.holdfast.convert.kubevirt;

import dev.holdfast.convert.draft.Draft;
import dev.holdfast.convert.draft.Notes;
import dev.holdfast.convert.draft.Values;
import dev.holdfast.convert.tree.Part;
import java.util.List;
import java.util.Map;

/**
 * Reader of CPU and hypervisor features. In a PassthroughVM, the Hyper-V enlightenments are a fixed set: all or none.
 */
final class FeatureReader {
    /** Hyper-V enlightenments that {@code features.hyperv} enables. */
    private static final List<String> HYPERV =
            List.of("relaxed", "vapic", "vpindex", "runtime", "synic", "reset", "frequencies");

    private final Part features;
    private final Draft draft;
    private final Notes notes;
    private final Values values;

    FeatureReader(Part domain, Draft draft, Notes notes) {
        this.features = domain.field("features");
        this.draft = draft;
        this.notes = notes;
        this.values = new Values(notes);
    }

    void read() {
        for (String always : List.of("acpi", "apic")) {
            if (features.field(always).present()) {
                enabled(features.field(always));
            }
        }
        // Secure Boot enables it.
        if (draft.has("spec.firmware.bootloader.efi") && features.field("smm").present()) {
            enabled(features.field("smm"));
        }
        values.bool(features.field("kvm").field("hidden"))
                .filter(hidden -> hidden)
                .ifPresent(hidden -> draft.put("spec.features.kvm.hidden", true));
        hyperv(features.field("hyperv"));
        Part passthrough = features.field("hypervPassthrough");
        if (passthrough.field("enabled").is("true")) {
            notes.changed(
                    passthrough,
                    "replaced by features.hyperv, a fixed set of Hyper-V enlightenments; no action is needed");
            draft.put("spec.features.hyperv", Map.of());
        }
    }

    private void hyperv(Part hyperv) {
        if (!hyperv.present()) {
            return;
        }
        boolean any = hyperv.fieldNames().isEmpty();
        for (String feature : HYPERV) {
            any |= enabled(hyperv.field(feature));
        }
        any |= enabled(hyperv.field("synictimer"));
        hyperv.field("synictimer").field("direct");
        Part spinlocks = hyperv.field("spinlocks");
        any |= enabled(spinlocks);
        if (!spinlocks.field("spinlocks").is("8191")
                && spinlocks.field("spinlocks").present()) {
            notes.changed(spinlocks.field("spinlocks"), "the number of retries is always 8191; no action is needed");
        }
        Part vendor = hyperv.field("vendorid");
        if (enabled(vendor)) {
            any = true;
            values.text(vendor.field("vendorid"), Values.VENDOR_ID, "1 to 12 letters, digits, '_', '.' or '-'")
                    .ifPresent(id -> draft.put("spec.features.hyperv.vendorid.vendorid", id));
        }
        if (any && !draft.has("spec.features.hyperv")) {
            draft.put("spec.features.hyperv", Map.of());
        }
    }

    /**
     * Returns whether a feature is enabled, the default. A disabled feature is reported, because a PassthroughVM cannot
     * disable it.
     */
    private boolean enabled(Part feature) {
        if (!feature.given()) {
            return false;
        }
        Part enabled = feature.field("enabled");
        if (values.bool(enabled).orElse(true)) {
            return true;
        }
        notes.notCarriedOver(enabled, "a single feature cannot be disabled; check that the guest works with it");
        return false;
    }
}
