package dev.holdfast.convert.kubevirt;

import dev.holdfast.convert.draft.Draft;
import dev.holdfast.convert.draft.Notes;
import dev.holdfast.convert.draft.Values;
import dev.holdfast.convert.tree.Part;
import java.util.Map;

/** Reader of the real-time clock and of the timers, which Holdfast sets as virt-install does. */
final class ClockReader {
    private final Part clock;
    private final Draft draft;
    private final Notes notes;

    ClockReader(Part clock, Draft draft, Notes notes) {
        this.clock = clock;
        this.draft = draft;
        this.notes = notes;
    }

    void read() {
        Part utc = clock.field("utc");
        if (utc.given()) {
            draft.put("spec.clock.utc", Map.of());
            utc.field("offsetSeconds").is("0");
        } else {
            new Values(notes)
                    .text(clock.field("timezone"), Values.TIME_ZONE, "a name of the tz database")
                    .ifPresent(zone -> draft.put("spec.clock.timezone", zone));
        }
        Part timer = clock.field("timer");
        Part hpet = timer.field("hpet");
        hpet.field("present").is("false");
        timer.field("pit").field("tickPolicy").is("delay");
        timer.field("rtc").field("tickPolicy").is("catchup");
        timer.field("rtc").field("present").is("true");
        timer.field("pit").field("present").is("true");
        timer.field("kvm").field("present").is("true");
        // The timer hyperv is the enlightenment "time".
        if (draft.has("spec.features.hyperv")) {
            timer.field("hyperv").given();
            timer.field("hyperv").field("present").is("true");
        }
    }
}
