package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class AgentCommandTest {
    @ParameterizedTest
    @ValueSource(strings = {"0", "-1", "3601"})
    void refusesAnInvalidSampleInterval(String seconds) {
        StringWriter printed = new StringWriter();

        int status = new CommandLine(new AgentCommand())
                .setErr(new PrintWriter(printed, true))
                .execute("--node", "n1", "--sample-interval", seconds);

        assertThat(status).isEqualTo(Holdfast.UNUSABLE_INPUT);
        assertThat(printed)
                .hasToString("holdfast agent: --sample-interval is " + seconds
                        + ", must be a number of seconds from 1 to 3600; 15 is the default"
                        + System.lineSeparator());
    }
}
