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
 * A part of the input that remembers whether it was read: a field, item or value of YAML, an element or attribute of XML.
 * What no rule has read is found by {@link #unread()}, so nothing of an input is lost without a note. A part that the
 * input does not have is a part too, without a value, so that rules can ask for what may be absent.
 *
 * <p>Not thread-safe.
 */
public final class Part {
    /** How much of a part is done. */
    private enum State {
        UNTOUCHED,
        /** A rule looked for something inside. */
        OPENED,
        /** That it is there was read; what is inside still has to be. */
        GIVEN,
        /** Read, or reported, as a whole. */
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

    /** Where it is in the input, such as {@code spec.template.spec.domain.cpu} or {@code /domain/devices/disk[2]}. */
    public String path() {
        return path;
    }

    /** Its own name: the last field, element or attribute of the path. */
    public String name() {
        return name;
    }

    /** The input has it. */
    public boolean present() {
        return present;
    }

    /** The input has it, which is then read; what is inside still has to be. */
    public boolean given() {
        if (state != State.DONE) {
            state = State.GIVEN;
        }
        return present;
    }

    /** It holds other parts; an absent one could. */
    public boolean isContainer() {
        return container;
    }

    /** The field of that name, or XML's attribute when the name begins with {@code @}. */
    public Part field(String field) {
        open();
        Part found = fields.get(field);
        return found == null ? missing(join(field), field) : found;
    }

    private String join(String field) {
        return path.isEmpty() || field.startsWith("@") ? path + field : path + "." + field;
    }

    /** XML's attribute of that name. */
    public Part attribute(String attribute) {
        return field("@" + attribute);
    }

    /** The names of the fields, in the order of the input. */
    public Collection<String> fieldNames() {
        return List.copyOf(fields.keySet());
    }

    /** The items of a list or the elements of an element, in order; none for anything else. */
    public List<Part> items() {
        open();
        return List.copyOf(items);
    }

    /** XML's elements of that name inside this one. */
    public List<Part> children(String element) {
        open();
        return items.stream().filter(item -> item.name.equals(element)).toList();
    }

    /** XML's first element of that name inside this one. */
    public Part child(String element) {
        List<Part> found = children(element);
        return found.isEmpty() ? missing(path + "/" + element, element) : found.getFirst();
    }

    /** The element at the end of a path of first children. */
    public Part at(String... elements) {
        Part found = this;
        for (String element : elements) {
            found = found.child(element);
        }
        return found;
    }

    /** The value as text, which then counts as read; empty when there is none or it is not a single value. */
    public Optional<String> text() {
        if (container) {
            Part inner = fields.get("");
            open();
            return inner == null ? Optional.empty() : inner.text();
        }
        state = State.DONE;
        return Optional.ofNullable(text);
    }

    /** The value as text, without counting as read. */
    public Optional<String> peek() {
        Part inner = fields.get("");
        return container ? inner == null ? Optional.empty() : inner.peek() : Optional.ofNullable(text);
    }

    /** Has this value; counts as read when it has. */
    public boolean is(String expected) {
        boolean same = peek().filter(expected::equals).isPresent();
        if (same) {
            text();
        }
        return same;
    }

    /** Counts as read with all that is inside; returns itself. */
    public Part done() {
        state = State.DONE;
        return this;
    }

    /** The value as it was parsed: a map, a list or a scalar; counts as read with all that is inside. */
    public Optional<Object> value() {
        state = State.DONE;
        return Optional.ofNullable(value);
    }

    /**
     * The largest parts that no rule has read, in the order of the input.
     *
     * @param whole parts that are named as a whole when nothing inside was read, though a rule looked
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

    /** It was read, or reported, as a whole. */
    public boolean isDone() {
        return state == State.DONE;
    }

    /** Something of it was read. */
    public boolean isRead() {
        return state == State.DONE || state == State.GIVEN || inside().anyMatch(Part::isRead);
    }

    /** The parts inside, without a look that leaves traces. */
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
