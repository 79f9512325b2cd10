package dev.holdfast.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import org.junit.jupiter.api.Test;

class FailureTextTest {
    @Test
    void saysWhatPreventsTheUseOfAFile() {
        assertThat(FailureText.of(new AccessDeniedException("/var/run/cdi/a.json")))
                .isEqualTo("/var/run/cdi/a.json: permission denied");
        assertThat(FailureText.of(new NoSuchFileException("/run/a"))).isEqualTo("/run/a: no such file or directory");
        assertThat(FailureText.of(new FileAlreadyExistsException("/run/a")))
                .isEqualTo("/run/a: FileAlreadyExistsException");
    }

    @Test
    void keepsTheMessageOfOtherFailures() {
        assertThat(FailureText.of(new FileSystemException("/run/a", null, "No space left on device")))
                .isEqualTo("/run/a: No space left on device");
        assertThat(FailureText.of(new IOException("cannot connect"))).isEqualTo("cannot connect");
        assertThat(FailureText.of(new IOException())).isEqualTo("java.io.IOException");
    }
}
