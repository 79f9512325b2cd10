package dev.holdfast.truth;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.LocalDate;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Invented findings: a broken promise is reported. */
class PromisesTest {
    private static final long MIB = 1L << 20;
    private static final long PEAK = 256 * MIB;
    private static final Scenario PLAIN = named("q35");

    @Test
    void nothingIsBrokenWhenThePeakSufficesAndAPageLessDoesNot() {
        assertThat(broken(PLAIN, runs(PEAK), runs(PEAK), refused(PEAK - 4096))).isEmpty();
    }

    @Test
    void failingUnderItsOwnLimitIsTold() {
        assertThat(broken(PLAIN, refused(257 * MIB), null, null))
                .anySatisfy(message -> assertThat(message).contains("did not run to the end of its firmware"));
        assertThat(broken(PLAIN, late(), runs(PEAK), refused(PEAK - 4096)))
                .singleElement()
                .asString()
                .contains("LATE");
    }

    @Test
    void aChargeAboveWhatIsCountedIsTold() {
        long above = 256 * MIB + 256 * 1024 + 4096;

        assertThat(broken(PLAIN, runs(above), runs(above), refused(above - 4096)))
                .singleElement()
                .asString()
                .contains("more than the 268697600 that are counted");
    }

    @Test
    void aLimitFarAboveThePeakIsToldUnlessTheGuestIsSmall() {
        long half = 128 * MIB;

        assertThat(broken(PLAIN, runs(half), runs(half), refused(half - 4096)))
                .singleElement()
                .asString()
                .contains("more than 1.02 times the peak of 134217728");
        assertThat(broken(named("129-mib"), runs(half), runs(half), refused(half - 4096)))
                .isEmpty();
    }

    @Test
    void aPeakThatWasMissedIsTold() {
        assertThat(broken(PLAIN, runs(PEAK), refused(PEAK), refused(PEAK - 4096)))
                .singleElement()
                .asString()
                .contains("so there was a higher one");
    }

    @Test
    void aPageThatNobodyMissesIsTold() {
        assertThat(broken(PLAIN, runs(PEAK), runs(PEAK), runs(PEAK - 4096)))
                .singleElement()
                .asString()
                .contains("ran all the same");
    }

    @Test
    void lookingTooSeldomIsNoFaultOfTheCalculatorButBreaksTheMeasurement() {
        Run seldom = Run.parse(text("settled", PEAK, 137, "").replace("samples 500", "samples 290"));
        Finding finding = Finding.of(PLAIN, seldom, runs(PEAK), refused(PEAK - 4096));

        assertThat(finding.broken()).isEmpty();
        assertThat(new Report("trixie", LocalDate.EPOCH, "6.1", "7.2", 1, List.of(finding)).broken())
                .singleElement()
                .asString()
                .startsWith("trixie, q35: the account was looked at 29 times a second");
    }

    private static List<String> broken(Scenario scenario, Run atLimit, @Nullable Run atPeak, @Nullable Run below) {
        return Finding.of(scenario, atLimit, atPeak, below).broken();
    }

    static Run runs(long peakBytes) {
        return Run.parse(text("settled", peakBytes, 137, ""));
    }

    private static Run late() {
        return Run.parse(text("late", PEAK, 137, ""));
    }

    static Run refused(long limitBytes) {
        return Run.parse(text(
                "exited",
                0,
                1,
                "kernel vfio_pin_pages_remote: RLIMIT_MEMLOCK (%d) exceeded%nqemu VFIO_MAP_DMA failed: Cannot allocate memory%n"
                        .formatted(limitBytes)));
    }

    private static String text(String end, long peakBytes, int status, String words) {
        return "end %s%nsamples 500%nmilliseconds 10000%nlongest-gap 40%npeak %d%nlast 0%nstatus %d%n%s"
                .formatted(end, peakBytes, status, words);
    }

    static Scenario named(String name) {
        return Scenarios.all().stream()
                .filter(scenario -> scenario.name().equals(name))
                .findFirst()
                .orElseThrow();
    }
}
