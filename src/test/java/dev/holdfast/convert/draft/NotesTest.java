package dev.holdfast.convert.draft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.convert.draft.Note.Kind;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NotesTest {
    @Test
    void mergesNotesThatDifferInOneIndex() {
        Notes notes = new Notes("VirtualMachine a");
        notes.add("disks[0].io", Kind.NOT_CARRIED_OVER, "x; y");
        notes.add("cpu", Kind.CHANGED, "z; y");
        notes.add("disks[2].io", Kind.NOT_CARRIED_OVER, "x; y");
        notes.add("disks[3].io", Kind.NOT_CARRIED_OVER, "other; y");
        notes.add("a[0].b[1]", Kind.DEFAULT_DIFFERS, "x; y");
        notes.add("a[1].b[1]", Kind.DEFAULT_DIFFERS, "x; y");

        assertThat(notes.grouped().stream().map(Note::line))
                .containsExactly(
                        "VirtualMachine a: disks[0,2].io: not carried over: x; y",
                        "VirtualMachine a: cpu: changed: z; y",
                        "VirtualMachine a: disks[3].io: not carried over: other; y",
                        "VirtualMachine a: a[0].b[1]: default differs: x; y",
                        "VirtualMachine a: a[1].b[1]: default differs: x; y");
    }

    @ParameterizedTest
    @CsvSource({
        "Win 10_GPU, win-10-gpu",
        "--, imported",
        "a, a",
        "ÄÖ, imported",
        "0000:65:00.0, 0000-65-00-0",
        "abcdefghij-klm, abcdefghij",
    })
    void createsNamesFromAnyText(String text, String name) {
        assertThat(Values.name(text, 11, "imported"))
                .isEqualTo(name.length() > 11 ? name.substring(0, 11).replaceFirst("-$", "") : name);
    }

    @ParameterizedTest
    @CsvSource({
        "64Gi, 68719476736",
        "1.5Gi, 1610612736",
        "4000000000, 4000000000",
        "1e9, 1000000000",
        "500m, 0.500",
        "4G, 4000000000"
    })
    void readsQuantities(String quantity, String bytes) {
        assertThat(Bytes.of(quantity))
                .hasValueSatisfying(number -> assertThat(number).isEqualByComparingTo(bytes));
    }

    @ParameterizedTest
    @CsvSource({"64GB", "''", "Gi", "1 Gi", "0x10", "--1"})
    void refusesWhatIsNotAQuantity(String text) {
        assertThat(Bytes.of(text)).isEmpty();
        assertThat(Bytes.within(text, 0, Long.MAX_VALUE)).isFalse();
    }

    @Test
    void findsClassesInEitherCaseAndWithoutTheDomain() {
        DeviceClasses classes = new DeviceClasses(
                List.of("10DE:2236=a10", "65:00.0=holdfast.dev/l4", "00000000:AF:00.0=l40", "a.example/B=c"));

        assertThat(classes.resource(List.of("10de:2236"))).contains("holdfast.dev/a10");
        assertThat(classes.resource(List.of("x", "0000:65:00.0"))).contains("holdfast.dev/l4");
        assertThat(classes.resource(List.of("0000:af:00.0"))).contains("holdfast.dev/l40");
        assertThat(classes.resource(List.of("a.example/b"))).isEmpty();
        assertThat(classes.unused()).containsExactly("a.example/B");
    }
}
