package dev.holdfast.user.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class EscapeFilterTest {
    @Test
    void passesAllKeysBeforeTheOneThatLeaves() {
        assertThat(forGuest("ls\r")).isEqualTo(3);
        assertThat(forGuest("\u0003\u001b[A")).isEqualTo(4);
        assertThat(forGuest("ls\u001dmore")).isEqualTo(2);
        assertThat(forGuest("\u001d")).isZero();
    }

    @Test
    void ignoresWhatIsLeftInTheBufferFromBefore() {
        assertThat(EscapeFilter.forGuest(new byte[] {'a', 0x1d}, 1)).isEqualTo(1);
    }

    private static int forGuest(String keys) {
        byte[] bytes = keys.getBytes(StandardCharsets.US_ASCII);
        return EscapeFilter.forGuest(bytes, bytes.length);
    }
}
