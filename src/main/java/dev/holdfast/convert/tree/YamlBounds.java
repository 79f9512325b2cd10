package dev.holdfast.convert.tree;

import dev.holdfast.text.Quoted;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.common.Anchor;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.CollectionEndEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;

/**
 * Bounds of untrusted YAML, checked on the stream of events before any object is created: deeply nested collections
 * overflow the stack of code that visits them, and a few lines of aliases to aliases expand to more than fits into
 * memory.
 */
public final class YamlBounds {
    static final int MAX_DEPTH = 200;
    static final long MAX_NODES = 200_000;

    /** Maximum length of a line; the API server accepts 256 KiB for all annotations of an object. */
    static final int MAX_LINE = 300 << 10;

    private final Deque<Open> open = new ArrayDeque<>();
    private final Map<Anchor, Long> anchored = new HashMap<>();

    private YamlBounds() {
        open.push(new Open(Optional.empty()));
    }

    /** Collection whose end has not been read yet, and the number of its expanded nodes so far. */
    private static final class Open {
        private final Optional<Anchor> anchor;
        private long nodes = 1;

        Open(Optional<Anchor> anchor) {
            this.anchor = anchor;
        }
    }

    /**
     * @throws IllegalArgumentException if the text exceeds a bound; the message is for the user
     * @throws org.snakeyaml.engine.v2.exceptions.YamlEngineException if it is not YAML
     */
    public static void check(String yaml) {
        checkLines(yaml);
        YamlBounds bounds = new YamlBounds();
        for (Event event : new Parse(LoadSettings.builder().build()).parseString(yaml)) {
            bounds.handle(event);
        }
    }

    private void handle(Event event) {
        switch (event) {
            case CollectionStartEvent start -> begin(start);
            case CollectionEndEvent end -> end();
            case AliasEvent alias -> count(nodesOf(alias.getAlias()), Optional.empty());
            case ScalarEvent scalar -> count(1, scalar.getAnchor());
            default -> {}
        }
    }

    /** Checks the length of lines: the parser's time grows with the square of a line's length. */
    private static void checkLines(String yaml) {
        int start = 0;
        while (start < yaml.length()) {
            int end = yaml.indexOf('\n', start);
            int next = end < 0 ? yaml.length() : end;
            if (next - start > MAX_LINE) {
                throw new IllegalArgumentException(
                        "a line has %d characters, must have at most %d; move the data to a Secret or a ConfigMap"
                                .formatted(next - start, MAX_LINE));
            }
            start = next + 1;
        }
    }

    private long nodesOf(Anchor anchor) {
        Long nodes = anchored.get(anchor);
        if (nodes == null) {
            throw new IllegalArgumentException(
                    "alias %s is undefined or recursive, must refer to a complete value; replace it by the value"
                            .formatted(Quoted.of(anchor.getValue())));
        }
        return nodes;
    }

    private void begin(NodeEvent start) {
        if (open.size() > MAX_DEPTH) {
            throw new IllegalArgumentException(
                    "nested deeper than %d levels, must be fewer; check that it is the right file"
                            .formatted(MAX_DEPTH));
        }
        open.push(new Open(start.getAnchor()));
    }

    private void end() {
        Open closed = open.pop();
        count(closed.nodes, closed.anchor);
    }

    private void count(long nodes, Optional<Anchor> anchor) {
        anchor.ifPresent(name -> anchored.put(name, nodes));
        open.getFirst().nodes += nodes;
        if (open.getFirst().nodes > MAX_NODES) {
            throw new IllegalArgumentException(
                    "expands to more than %d values, must be fewer; split the file".formatted(MAX_NODES));
        }
    }
}
