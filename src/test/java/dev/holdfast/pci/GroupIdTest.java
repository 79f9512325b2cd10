package dev.holdfast.pci;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GroupIdTest {
    @ParameterizedTest
    @ValueSource(strings = {"0000:03:00.0", "10000:e1:00.0"})
    void printsWhatItParsed(String text) {
        assertThat(GroupId.parse(text)).hasValueSatisfying(id -> assertThat(id).hasToString(text));
    }

    /** To the kubelet, which compares texts, the last two are devices other than 0000:af:00.0. */
    @ParameterizedTest
    @ValueSource(strings = {"", "device-7", "03:00.0", "0000:03:00.0 ", "0000:AF:00.0", "00000000:af:00.0"})
    void takesNoOtherTextForAnId(String text) {
        assertThat(GroupId.parse(text)).isEmpty();
    }

    @Test
    void ordersAsTheBusIs() {
        assertThat(Stream.of("10000:00:00.0", "0000:0a:00.0", "0000:09:1f.7")
                        .flatMap(text -> GroupId.parse(text).stream())
                        .sorted()
                        .map(GroupId::toString))
                .containsExactly("0000:09:1f.7", "0000:0a:00.0", "10000:00:00.0");
    }
}
