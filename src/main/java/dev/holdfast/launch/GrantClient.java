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

/** The agent behind its unix socket: one line each way, then it closes. */
public final class GrantClient implements GrantService {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Path socket;
    private final Duration timeout;

    /**
     * @param timeout how long the agent has for one answer; it reads pod and VM from the API server meanwhile
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
            throw new GarbageException(e.getMessage() + "; check that agent and launcher image are of one version");
        }
    }

    private GrantAnswer parse(String line) throws GarbageException {
        try {
            GrantAnswer answer = JSON.readValue(line, GrantAnswer.class);
            if (answer != null && isWhole(answer)) {
                return answer;
            }
        } catch (JsonProcessingException e) {
            // Told below, with what came.
        }
        String start = line.length() > 200 ? line.substring(0, 200) + "…" : line;
        throw new GarbageException(
                "the agent answered \"%s\", which is no grant; check that agent and launcher image are of one version"
                        .formatted(start));
    }

    /** Jackson leaves absent components null or zero. */
    private static boolean isWhole(GrantAnswer answer) {
        return switch (answer) {
            case GrantAnswer.Granted granted ->
                granted.limitBytes() != 0 && granted.devices().stream().allMatch(device -> device.name() != null);
            case GrantAnswer.Waiting waiting -> waiting.message() != null;
            case GrantAnswer.Refused refused -> refused.message() != null;
        };
    }
}
