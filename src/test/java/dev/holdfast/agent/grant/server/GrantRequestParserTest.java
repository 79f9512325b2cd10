package dev.holdfast.agent.grant.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.grant.GrantRequest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GrantRequestParserTest {
    @Test
    void parsesRequestsOfLaunchers() {
        assertThat(GrantRequestParser.parse(
                        "{\"namespace\":\"lab\",\"name\":\"my.vm-1\",\"measuredBytes\":5,\"later\":true}"))
                .hasValue(new GrantRequest("lab", "my.vm-1", 5L));
        assertThat(GrantRequestParser.parse("{\"namespace\":\"lab\",\"name\":\"vm\"}"))
                .hasValue(new GrantRequest("lab", "vm", null));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "[]",
                "42",
                "GET / HTTP/1.1",
                "{}",
                "{\"namespace\":\"lab\"}",
                "{\"namespace\":null,\"name\":\"vm\"}",
                "{\"namespace\":\"lab\",\"name\":\"../../../nodes\"}",
                "{\"namespace\":\"lab/pods/x\",\"name\":\"vm\"}",
                "{\"namespace\":\"Lab\",\"name\":\"vm\"}",
                "{\"namespace\":\"lab\",\"name\":\"vm?watch=1\"}",
                "{\"namespace\":\"lab\",\"name\":\"vm\",\"measuredBytes\":1e30}",
                "{\"namespace\":\"lab\",\"name\":\"vm\",\"measuredBytes\":99999999999999999999}",
                "{\"namespace\":\"lab\",\"name\":\"vm\"} {}",
                "{\"namespace\":\"lab\",\"name\":\"vm\""
            })
    void refusesOtherLines(String line) {
        assertThat(GrantRequestParser.parse(line)).isEmpty();
    }

    @Test
    void refusesDeepNesting() {
        assertThat(GrantRequestParser.parse("{\"a\":".repeat(10_000))).isEmpty();
    }
}
