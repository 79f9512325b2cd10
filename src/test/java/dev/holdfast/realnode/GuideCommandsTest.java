package dev.holdfast.realnode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class GuideCommandsTest {
    @Test
    void readsTheCommandsOfASectionInTheirOrder() {
        assertThat(GuideCommands.under("Uninstall"))
                .hasSize(5)
                .first()
                .asString()
                .startsWith("kubectl delete ptvm --all");
    }

    @Test
    void aHereDocumentIsPartOfItsCommand() {
        assertThat(GuideCommands.under("Quick start on a real cluster"))
                .anyMatch(command -> command.contains("<<'") && command.lines().count() > 2);
    }

    @Test
    void refusesASectionThatNoPageHas() {
        assertThatThrownBy(() -> GuideCommands.under("No such heading"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("'No such heading'");
    }
}
