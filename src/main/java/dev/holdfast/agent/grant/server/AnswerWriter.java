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
import dev.holdfast.text.LogKeys;
import java.io.IOException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes a decision to the peer as one line of JSON. */
final class AnswerWriter {
    private static final Logger log = LoggerFactory.getLogger(AnswerWriter.class);
    private static final ObjectMapper JSON = JsonMapper.builder().build();

    private AnswerWriter() {}

    /**
     * Writes the answer. A peer that does not read it retries.
     *
     * @param patience maximum time until the peer has made room for the line
     */
    static void send(PeerConnection connection, Decision decision, Duration patience) {
        try {
            connection.writeLine(JSON.writeValueAsString(answer(decision)), patience);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("an answer cannot be written as JSON", e);
        } catch (IOException e) {
            log.atDebug()
                    .addKeyValue(LogKeys.PID, connection.pid())
                    .addKeyValue(LogKeys.ERROR, e.getMessage())
                    .log("the peer did not read its answer");
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
