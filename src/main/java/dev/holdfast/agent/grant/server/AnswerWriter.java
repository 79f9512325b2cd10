package dev.holdfast.agent.grant.server;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.holdfast.agent.grant.decision.Decision;
import dev.holdfast.agent.grant.decision.Decision.Refuse;
import dev.holdfast.agent.grant.decision.Decision.Wait;
import dev.holdfast.grant.GrantAnswer;
import dev.holdfast.grant.GrantAnswer.NamedDevice;
import dev.holdfast.host.kernel.PeerConnection;
import java.io.IOException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes a decision to the launcher that asked, as one line of JSON. */
final class AnswerWriter {
    private static final Logger log = LoggerFactory.getLogger(AnswerWriter.class);
    private static final ObjectMapper JSON = JsonMapper.builder().build();

    private AnswerWriter() {}

    /**
     * Writes the answer. A peer that does not take it asks again.
     *
     * @param patience how long the peer may take to make room for the line
     */
    static void send(PeerConnection connection, Decision decision, Duration patience) {
        try {
            connection.writeLine(JSON.writeValueAsString(answer(decision)), patience);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("an answer has no JSON", e);
        } catch (IOException e) {
            log.atDebug()
                    .addKeyValue("pid", connection.pid())
                    .addKeyValue("cause", e.getMessage())
                    .log("an answer was not taken");
        }
    }

    private static GrantAnswer answer(Decision decision) {
        return switch (decision) {
            case Decision.Grant grant ->
                new GrantAnswer.Granted(
                        grant.limitBytes(),
                        grant.devices().stream()
                                .map(device -> new NamedDevice(device.name(), device.pciAddresses()))
                                .toList());
            case Wait wait -> new GrantAnswer.Waiting(wait.message());
            case Refuse refuse -> {
                Refuse answered = refuse.answered();
                yield new GrantAnswer.Refused(answered.reason().code(), answered.message());
            }
        };
    }
}
