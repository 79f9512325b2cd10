package dev.holdfast.convert.libvirt;

import dev.holdfast.convert.draft.Draft;
import dev.holdfast.convert.draft.Notes;
import dev.holdfast.convert.draft.Values;
import dev.holdfast.convert.tree.Part;
import java.util.Map;
import java.util.Set;

/**
 * Reader of CPU and hypervisor features, and of the clock. In a PassthroughVM, the Hyper-V enlightenments are a fixed
 * set: all or none.
 */
final class FeatureReader {
    private static final Set<String> HYPERV =
            Set.of("relaxed", "vapic", "vpindex", "runtime", "synic", "stimer", "reset", "frequencies", "spinlocks");

    private final Part features;
    private final Part clock;
    private final Part devices;
    private final Draft draft;
    private final Notes notes;
    private final Values values;

    FeatureReader(Part domain, Draft draft, Notes notes) {
        this.features = domain.child("features");
        this.clock = domain.child("clock");
        this.devices = domain.child("devices");
        this.draft = draft;
        this.notes = notes;
        this.values = new Values(notes);
    }

    void read() {
        for (String always : new String[] {"acpi", "apic", "pae"}) {
            features.child(always).given();
        }
        Part hidden = features.at("kvm", "hidden").attribute("state");
        if (hidden.is("on")) {
            draft.put("spec.features.kvm.hidden", true);
        }
        hidden.is("off");
        if (draft.has("spec.firmware.bootloader.efi")) {
            features.child("smm").attribute("state").is("on");
        }
        features.child("vmport").attribute("state").is("off");
        // The driver qemu is used if the guest has an IOMMU, which remaps its interrupts.
        features.child("ioapic").attribute("driver").is(devices.child("iommu").present() ? "qemu" : "kvm");
        hyperv(features.child("hyperv"));
        clock();
    }

    private void hyperv(Part hyperv) {
        boolean any = false;
        if (hyperv.attribute("mode").is("passthrough")) {
            notes.changed(
                    hyperv.attribute("mode"),
                    "replaced by features.hyperv, a fixed set of Hyper-V enlightenments; no action is needed");
            any = true;
        }
        hyperv.attribute("mode").is("custom");
        for (Part feature : hyperv.items()) {
            Part state = feature.attribute("state");
            if (HYPERV.contains(feature.name()) && state.is("on")) {
                any = true;
                spinlocks(feature);
            } else if (feature.name().equals("vendor_id") && state.is("on")) {
                any = true;
                values.text(feature.attribute("value"), Values.VENDOR_ID, "1 to 12 letters, digits, '_', '.' or '-'")
                        .ifPresent(id -> draft.put("spec.features.hyperv.vendorid.vendorid", id));
            } else {
                state.is("off");
            }
        }
        if (any && !draft.has("spec.features.hyperv")) {
            draft.put("spec.features.hyperv", Map.of());
        }
    }

    private void spinlocks(Part feature) {
        Part retries = feature.attribute("retries");
        if (retries.present() && !retries.is("8191")) {
            notes.changed(retries, "the number of retries is always 8191; no action is needed");
        }
    }

    private void clock() {
        Part offset = clock.attribute("offset");
        if (offset.is("utc")) {
            clock.attribute("adjustment").done();
        } else if (offset.is("timezone")) {
            values.text(clock.attribute("timezone"), Values.TIME_ZONE, "a name of the tz database")
                    .ifPresent(zone -> draft.put("spec.clock.timezone", zone));
        } else if (offset.is("localtime")) {
            notes.notCarriedOver(
                    offset,
                    "the host's time zone is not in the domain, so the clock shows UTC; set clock.timezone, because"
                            + " Windows expects local time");
        }
        for (Part timer : clock.children("timer")) {
            timer(timer);
        }
    }

    /** Reads a timer; one that differs from Holdfast's setting is reported. */
    private void timer(Part timer) {
        Part name = timer.attribute("name");
        Part policy = timer.attribute("tickpolicy");
        boolean same = switch (name.peek().orElse("")) {
            case "rtc" -> policy.is("catchup");
            case "pit" -> policy.is("delay");
            case "hpet" -> timer.attribute("present").is("no");
            case "kvmclock" -> timer.attribute("present").is("yes");
            case "hypervclock" -> timer.attribute("present").is("yes") && draft.has("spec.features.hyperv");
            default -> false;
        };
        if (same) {
            name.done();
        } else {
            Reasons.timer(timer, notes);
        }
    }
}
