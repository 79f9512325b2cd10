package dev.holdfast.truth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CombinationTest {
    @ParameterizedTest
    @CsvSource({
        "'', '', '', 'bookworm trixie bookworm+trixie trixie+bookworm'",
        "'', trixie, '', 'trixie trixie+bookworm'",
        "'', '', trixie, 'trixie bookworm+trixie'",
        "'', bookworm, trixie, bookworm+trixie",
        "'trixie+bookworm bookworm', '', '', 'trixie+bookworm bookworm'",
        "'trixie bookworm', bookworm, '', bookworm",
        "'  forky  sid+trixie ', '', '', 'forky sid+trixie'",
    })
    void isChosenByNameKernelOrQemu(String names, String kernels, String qemus, String chosen) {
        assertThat(Combination.chosen(names, kernels, qemus))
                .extracting(Combination::toString)
                .containsExactlyElementsOf(Arrays.asList(chosen.split(" ")));
    }

    @Test
    void hasTheKernelFirst() {
        assertThat(Combination.of("bookworm+trixie")).isEqualTo(new Combination("bookworm", "trixie"));
        assertThat(Combination.of("trixie")).isEqualTo(new Combination("trixie", "trixie"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "+", "trixie+", "+trixie", "trixie+bookworm+sid", "../trixie", "6.12"})
    void hasNamesOfReleasesAndNothingElse(String name) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Combination.of(name))
                .withMessageContaining("a combination is RELEASE or KERNEL+QEMU")
                .withMessageContaining("trixie+bookworm");
    }

    @Test
    void aChoiceThatLeavesNothingSaysWhatThereIs() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Combination.chosen("", "forky", ""))
                .withMessageContaining("KERNEL=\"forky\"")
                .withMessageContaining("bookworm+trixie");
    }

    @Test
    void aHostIsOfTheReleaseThatItsOsReleaseNames() {
        assertThat(Release.codename(List.of("NAME=\"Debian GNU/Linux\"", "VERSION_CODENAME=bookworm", "ID=debian")))
                .isEqualTo("bookworm");
        assertThat(Release.codename(List.of("VERSION_CODENAME=\"noble\""))).isEqualTo("noble");
        assertThat(Release.codename(List.of("ID=arch"))).isEmpty();
    }
}
