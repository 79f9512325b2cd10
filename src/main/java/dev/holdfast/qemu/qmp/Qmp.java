package dev.holdfast.qemu.qmp;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.Closeable;
import java.io.IOException;
import java.net.ProtocolException;
import java.net.SocketTimeoutException;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;

/**
 * Client of QEMU's control socket (docs/interop/qmp-spec of QEMU). Only one client at a time: QEMU sends the greeting to the
 * next one after this one has closed the connection. Not thread-safe.
 */
public final class Qmp implements Closeable {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final int MAX_LINE_BYTES = 16 << 20;

    /** Maximum number of events; QEMU sends a few. */
    private static final int MAX_EVENTS = 10_000;

    private final Path path;
    private final LineSocket socket;
    private final Duration timeout;
    private final Queue<String> events = new ArrayDeque<>();
    private long lastId;

    private Qmp(Path path, LineSocket socket, Duration timeout) {
        this.path = path;
        this.socket = socket;
        this.timeout = timeout;
    }

    /**
     * Connects, reads the greeting and leaves the negotiation mode.
     *
     * @param timeout for the greeting and for each command
     * @throws java.net.ConnectException when QEMU does not listen
     * @throws IOException               when the peer does not use QMP or does not send the greeting in time
     */
    public static Qmp connect(Path path, Duration timeout) throws IOException {
        return greeted(path, LineSocket.connect(path, MAX_LINE_BYTES), timeout);
    }

    /**
     * Creates a client for a QEMU that has connected itself.
     *
     * @param channel        closed with this client
     * @param path           name of the peer in messages
     * @param maxAnswerBytes maximum length of an answer
     * @param timeout        for the greeting together with the negotiation, and for each command
     * @throws IOException when the peer does not use QMP or does not send the greeting in time
     */
    public static Qmp over(SocketChannel channel, Path path, int maxAnswerBytes, Duration timeout) throws IOException {
        return greeted(path, LineSocket.over(channel, path, maxAnswerBytes), timeout);
    }

    private static Qmp greeted(Path path, LineSocket socket, Duration timeout) throws IOException {
        Qmp qmp = new Qmp(path, socket, timeout);
        long deadline = System.nanoTime() + timeout.toNanos();
        try {
            JsonNode greeting = qmp.next(timeout);
            if (!greeting.has("QMP")) {
                throw qmp.garbage(greeting.toString());
            }
            qmp.execute("qmp_capabilities", JSON.createObjectNode(), Duration.ofNanos(deadline - System.nanoTime()));
            return qmp;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /**
     * Executes a command without arguments.
     *
     * @return its {@code return} value
     * @throws QmpException           when QEMU refuses the command
     * @throws SocketTimeoutException when there is no answer in time
     * @throws java.io.EOFException   when QEMU has closed the connection
     * @throws ProtocolException      when the answer is not QMP
     */
    public JsonNode execute(String command) throws IOException {
        return execute(command, JSON.createObjectNode());
    }

    /** Executes a command; see {@link #execute(String)}. */
    public JsonNode execute(String command, ObjectNode arguments) throws IOException {
        return execute(command, arguments, timeout);
    }

    /** Executes a command with a timeout of its own; see {@link #execute(String)}. */
    public JsonNode execute(String command, ObjectNode arguments, Duration timeout) throws IOException {
        long deadline = System.nanoTime() + timeout.toNanos();
        long id = ++lastId;
        ObjectNode request = JSON.createObjectNode().put("execute", command).put("id", id);
        if (!arguments.isEmpty()) {
            request.set("arguments", arguments);
        }
        socket.writeLine(request.toString(), timeout);
        while (true) {
            JsonNode answer = next(Duration.ofNanos(deadline - System.nanoTime()));
            if (answer.has("event")) {
                note(answer);
            } else if (answer.has("error") && isFor(id, answer)) {
                throw new QmpException(command, answer.get("error").path("desc").asText());
            } else if (answer.has("return") && isFor(id, answer)) {
                return answer.get("return");
            } else if (isFor(id, answer)) {
                throw garbage(answer.toString());
            }
            inTime(deadline);
        }
    }

    /** Checks the deadline: with a peer that never stops sending, the socket never times out. */
    private void inTime(long deadline) throws SocketTimeoutException {
        if (deadline - System.nanoTime() <= 0) {
            throw new SocketTimeoutException("%s sent messages, but no answer in time".formatted(path));
        }
    }

    /**
     * Returns whether an answer belongs to a command, and is not the late answer to an earlier one. An error may have no id.
     */
    private static boolean isFor(long id, JsonNode answer) {
        return !answer.has("id") || answer.get("id").asLong() == id;
    }

    /**
     * Returns the name of the next event, such as SHUTDOWN.
     *
     * @return empty when there is none in time
     * @throws java.io.EOFException when QEMU has closed the connection
     */
    public Optional<String> nextEvent(Duration timeout) throws IOException {
        long deadline = System.nanoTime() + timeout.toNanos();
        try {
            while (events.isEmpty()) {
                JsonNode message = next(Duration.ofNanos(deadline - System.nanoTime()));
                if (message.has("event")) {
                    note(message);
                } else {
                    inTime(deadline);
                }
            }
        } catch (SocketTimeoutException e) {
            return Optional.empty();
        }
        return Optional.of(events.remove());
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    private void note(JsonNode event) throws ProtocolException {
        if (events.size() == MAX_EVENTS) {
            throw new ProtocolException(
                    "%s sent more than %d events; check that it is QEMU's control socket".formatted(path, MAX_EVENTS));
        }
        events.add(event.get("event").asText());
    }

    private JsonNode next(Duration timeout) throws IOException {
        String line = socket.readLine(timeout);
        try {
            JsonNode message = JSON.readTree(line);
            if (message instanceof ObjectNode) {
                return message;
            }
        } catch (JsonProcessingException e) {
            throw garbage(line);
        }
        throw garbage(line);
    }

    private ProtocolException garbage(String line) {
        String start = line.length() > 80 ? line.substring(0, 80) + "…" : line;
        return new ProtocolException(
                "%s sent \"%s\", which is not a QMP message; check that it is QEMU's control socket"
                        .formatted(path, start));
    }
}
