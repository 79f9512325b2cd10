package dev.holdfast.launch;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.holdfast.grant.GrantAnswer;
import dev.holdfast.grant.GrantRequest;
import dev.holdfast.grant.GrantSocket;
import dev.holdfast.qemu.qmp.LineSocket;
import java.io.IOException;
import java.net.ProtocolException;
import java.nio.file.Path;
import java.time.Duration;

/** Client of the agent's unix socket: sends one line, receives one line, then closes the connection. */
public final class GrantClient implements GrantRequester {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Path socket;
    private final Duration timeout;

    /**
     * @param timeout time limit for one answer of the agent, which reads pod and VM from the API server first
     */
    public GrantClient(Path socket, Duration timeout) {
        this.socket = socket;
        this.timeout = timeout;
    }

    @Override
    public GrantAnswer ask(GrantRequest request) throws IOException {
        try (LineSocket connection = LineSocket.connect(socket, GrantSocket.MAX_LINE_BYTES)) {
            connection.writeLine(JSON.writeValueAsString(request), timeout);
            return parse(connection.readLine(timeout));
        } catch (ProtocolException e) {
            throw new GarbageException(e.getMessage() + "; use agent and launcher image of the same version");
        }
    }

    private GrantAnswer parse(String line) throws GarbageException {
        try {
            GrantAnswer answer = JSON.readValue(line, GrantAnswer.class);
            if (answer != null && isWhole(answer)) {
                return answer;
            }
        } catch (JsonProcessingException e) {
            // Reported below, with the received text.
        }
        String start = line.length() > 200 ? line.substring(0, 200) + "…" : line;
        throw new GarbageException(
                "the agent answered \"%s\", which is not a grant; use agent and launcher image of the same version"
                        .formatted(start));
    }

    /** Returns whether no field is missing: Jackson leaves absent components null or zero. */
    private static boolean isWhole(GrantAnswer answer) {
        return switch (answer) {
            case GrantAnswer.Granted granted ->
                granted.limitBytes() != 0 && granted.devices().stream().allMatch(device -> device.name() != null);
            case GrantAnswer.Waiting waiting -> waiting.message() != null;
            case GrantAnswer.Refused refused -> refused.message() != null;
        };
    }
}
