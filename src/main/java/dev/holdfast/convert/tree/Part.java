package dev.holdfast.convert.tree;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Part of the input that records whether it was read: a field, item or value of YAML, or an element or attribute of
 * XML. {@link #unread} returns the parts that no rule has read, so that each of them gets a note. Absent parts are
 * represented as well, without a value, so that rules can ask for optional parts.
 *
 * <p>Not thread-safe.
 */
public final class Part {
    /** Extent to which a part was read. */
    private enum State {
        UNTOUCHED,
        /** A rule looked for a part inside. */
        OPENED,
        /** Its presence was read; the parts inside still have to be read. */
        GIVEN,
        /** It was completely read or reported. */
        DONE
    }

    private final String path;
    private final String name;
    private final boolean present;
    private final @Nullable String text;
    private final boolean container;
    private final Map<String, Part> fields = new LinkedHashMap<>();
    private final List<Part> items = new ArrayList<>();
    private final @Nullable Object value;
    private State state = State.UNTOUCHED;

    private Part(
            String path,
            String name,
            boolean present,
            boolean container,
            @Nullable String text,
            @Nullable Object value) {
        this.path = path;
        this.name = name;
        this.present = present;
        this.container = container;
        this.text = text;
        this.value = value;
    }

    static Part container(String path, String name, @Nullable Object value) {
        return new Part(path, name, true, true, null, value);
    }

    static Part scalar(String path, String name, String text, @Nullable Object value) {
        return new Part(path, name, true, false, text, value);
    }

    private static Part missing(String path, String name) {
        return new Part(path, name, false, true, null, null);
    }

    void addField(String field, Part part) {
        fields.put(field, part);
    }

    void addItem(Part part) {
        items.add(part);
    }

    /**
     * Returns its path in the input, such as {@code spec.template.spec.domain.cpu} or {@code /domain/devices/disk[2]}.
     */
    public String path() {
        return path;
    }

    /** Returns its name: the last field, element or attribute of the path. */
    public String name() {
        return name;
    }

    /** Returns whether the input has this part. */
    public boolean present() {
        return present;
    }

    /**
     * Returns whether the input has this part, and marks its presence as read; the parts inside still have to be read.
     */
    public boolean given() {
        if (state != State.DONE) {
            state = State.GIVEN;
        }
        return present;
    }

    /** Returns whether it can contain other parts; true for an absent part. */
    public boolean isContainer() {
        return container;
    }

    /** Returns the field with this name, or the XML attribute if the name begins with {@code @}. */
    public Part field(String field) {
        open();
        Part found = fields.get(field);
        return found == null ? missing(join(field), field) : found;
    }

    private String join(String field) {
        return path.isEmpty() || field.startsWith("@") ? path + field : path + "." + field;
    }

    /** Returns the XML attribute with this name. */
    public Part attribute(String attribute) {
        return field("@" + attribute);
    }

    /** Returns the names of the fields, in the order of the input. */
    public Collection<String> fieldNames() {
        return List.copyOf(fields.keySet());
    }

    /** Returns the items of a list or the child elements of an element, in order; empty for any other part. */
    public List<Part> items() {
        open();
        return List.copyOf(items);
    }

    /** Returns the child elements with this name. */
    public List<Part> children(String element) {
        open();
        return items.stream().filter(item -> item.name.equals(element)).toList();
    }

    /** Returns the first child element with this name. */
    public Part child(String element) {
        List<Part> found = children(element);
        return found.isEmpty() ? missing(path + "/" + element, element) : found.getFirst();
    }

    /** Returns the element at the end of a path of first children. */
    public Part at(String... elements) {
        Part found = this;
        for (String element : elements) {
            found = found.child(element);
        }
        return found;
    }

    /** Returns the value as text and marks it as read; empty if there is none or it is not a scalar. */
    public Optional<String> text() {
        if (container) {
            Part inner = fields.get("");
            open();
            return inner == null ? Optional.empty() : inner.text();
        }
        state = State.DONE;
        return Optional.ofNullable(text);
    }

    /** Returns the value as text without marking it as read. */
    public Optional<String> peek() {
        Part inner = fields.get("");
        return container ? inner == null ? Optional.empty() : inner.peek() : Optional.ofNullable(text);
    }

    /** Returns whether it has this value, and marks it as read if so. */
    public boolean is(String expected) {
        boolean same = peek().filter(expected::equals).isPresent();
        if (same) {
            text();
        }
        return same;
    }

    /** Marks it and all parts inside as read; returns itself. */
    public Part done() {
        state = State.DONE;
        return this;
    }

    /** Returns the value as it was parsed, a map, a list or a scalar, and marks it and all parts inside as read. */
    public Optional<Object> value() {
        state = State.DONE;
        return Optional.ofNullable(value);
    }

    /**
     * Returns the outermost parts that no rule has read, in the order of the input.
     *
     * @param whole selects parts that are returned as a whole if nothing inside was read, even if a rule looked for
     *              parts inside
     */
    public Stream<Part> unread(Predicate<Part> whole) {
        if (!present || state == State.DONE) {
            return Stream.empty();
        }
        if (state == State.UNTOUCHED
                || !container
                || whole.test(this) && !isRead() && inside().findAny().isPresent()) {
            return Stream.of(this);
        }
        return inside().flatMap(part -> part.unread(whole));
    }

    /** Returns whether it was completely read or reported. */
    public boolean isDone() {
        return state == State.DONE;
    }

    /** Returns whether it or a part inside was read. */
    public boolean isRead() {
        return state == State.DONE || state == State.GIVEN || inside().anyMatch(Part::isRead);
    }

    /** Returns the parts inside without marking anything as read. */
    public Stream<Part> inside() {
        return Stream.concat(fields.values().stream(), items.stream());
    }

    private void open() {
        if (state == State.UNTOUCHED) {
            state = State.OPENED;
        }
    }

    @Override
    public String toString() {
        return path;
    }
}
