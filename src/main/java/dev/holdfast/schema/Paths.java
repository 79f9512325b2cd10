package dev.holdfast.schema;

import java.util.Optional;

/** Paths as {@code field.Path} of apimachinery writes them: {@code spec.nodeSelector[zone]}, {@code spec.volumes[0]}. */
final class Paths {
    /** Schema and path of a field. */
    record Field(SchemaNode schema, String path) {}

    private Paths() {}

    static String child(String path, String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    static String index(String path, int index) {
        return path + "[" + index + "]";
    }

    /** Returns the schema and path of a field: a known field is a child, an entry of a map has its key in brackets. */
    static Optional<Field> field(SchemaNode schema, String path, String name) {
        return schema.field(name)
                .map(known -> new Field(known, child(path, name)))
                .or(() -> schema.others().map(other -> new Field(other, path + "[" + name + "]")));
    }
}
