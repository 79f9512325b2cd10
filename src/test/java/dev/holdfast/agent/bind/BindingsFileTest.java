package dev.holdfast.agent.bind;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.holdfast.pci.PciAddress;
import dev.holdfast.testbed.fixtures.Groups;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BindingsFileTest {
    private static final BoundGroup GPU = new BoundGroup(
            Groups.id("0000:03:00.0"),
            "gpu",
            List.of(
                    new FormerDriver(PciAddress.parse("0000:03:00.0"), "nouveau", null),
                    new FormerDriver(PciAddress.parse("0000:03:00.1"), null, "snd_hda_intel")),
            Instant.parse("2026-11-22T12:00:00Z"));

    @TempDir
    Path directory;

    @Test
    void theNextAgentReadsTheRecordedGroups() throws IOException {
        BindingsFile.in(state(), "boot").remember(GPU);

        assertThat(BindingsFile.in(state(), "boot").all()).containsExactly(GPU);

        BindingsFile.in(state(), "boot").forget(GPU.id());
        assertThat(BindingsFile.in(state(), "boot").all()).isEmpty();
    }

    @Test
    void ignoresBindingsOfAnotherBoot() throws IOException {
        BindingsFile.in(state(), "boot").remember(GPU);

        assertThat(BindingsFile.in(state(), "next boot").all()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "[]",
                "{}",
                "{\"bootID\":\"boot\"}",
                "{\"bootID\":\"boot\",\"groups\":[{\"id\":\"../../etc\",\"deviceClass\":\"gpu\","
                        + "\"time\":\"2026-11-22T12:00:00Z\",\"functions\":[]}]}",
                "{\"bootID\":\"boot\",\"groups\":[{\"id\":\"0000:03:00.0\",\"deviceClass\":\"gpu\","
                        + "\"time\":\"noon\",\"functions\":[]}]}"
            })
    void aDamagedFileCountsAsEmptyAndIsReplaced(String text) throws IOException {
        Files.createDirectories(state());
        Files.writeString(state().resolve("bindings.json"), text);

        BindingsFile bindings = BindingsFile.in(state(), "boot");

        assertThat(bindings.all()).isEmpty();
        bindings.remember(GPU);
        assertThat(BindingsFile.in(state(), "boot").all()).containsExactly(GPU);
    }

    @Test
    void doesNotKeepAGroupThatCouldNotBeWritten() throws IOException {
        BindingsFile bindings = BindingsFile.in(state(), "boot");
        Files.writeString(state(), "a file in the place of the directory");

        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> bindings.remember(GPU))
                .withMessageContaining("--state-directory");

        assertThat(bindings.all()).isEmpty();
    }

    @Test
    void keepsAGroupThatCouldNotBeRemovedFromTheFile() throws IOException {
        BindingsFile bindings = BindingsFile.in(state(), "boot");
        bindings.remember(GPU);
        Path aside = directory.resolve("aside");
        Files.move(state(), aside);
        Files.writeString(state(), "a file in the place of the directory");

        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> bindings.forget(GPU.id()))
                .withMessageContaining("--state-directory");
        assertThat(bindings.all()).containsExactly(GPU);

        Files.delete(state());
        Files.move(aside, state());
        bindings.forget(GPU.id());
        assertThat(BindingsFile.in(state(), "boot").all()).isEmpty();
    }

    private Path state() {
        return directory.resolve("state");
    }
}
