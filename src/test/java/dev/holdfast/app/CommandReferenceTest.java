package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class CommandReferenceTest {
    @Test
    void thePageOfTheCommandsIsCurrent() throws IOException {
        assertThat(Files.readString(Path.of("docs/commands.md")))
                .as("run `make crds` and commit what it writes")
                .isEqualTo(CommandReference.generate());
    }
}
