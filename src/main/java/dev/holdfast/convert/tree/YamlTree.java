package dev.holdfast.convert.tree;

import dev.holdfast.text.Quoted;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.schema.JsonSchema;

/** Reader of YAML and JSON documents into parts. */
public final class YamlTree {
    private static final Pattern PLAIN_KEY = Pattern.compile("[A-Za-z0-9_-]+");
    private static final int MAX_KEY_LENGTH = 80;

    private YamlTree() {}

    /**
     * Returns the documents of a text, without empty ones.
     *
     * @throws IllegalArgumentException if it is not YAML, or exceeds {@link YamlBounds}; the message is for the user
     */
    public static List<Part> read(String text) {
        List<Part> documents = new ArrayList<>();
        try {
            // A tab is white space in JSON but not in YAML; in a JSON string it would be escaped.
            String yaml = text.stripLeading().startsWith("{") ? text.replace('\t', ' ') : text;
            YamlBounds.check(yaml);
            LoadSettings settings = LoadSettings.builder()
                    .setSchema(new JsonSchema())
                    .setMaxAliasesForCollections(Integer.MAX_VALUE)
                    .setAllowDuplicateKeys(false)
                    .build();
            for (Object document : new Load(settings).loadAllFromString(yaml)) {
                if (document != null) {
                    documents.add(part("", "", document));
                }
            }
        } catch (YamlEngineException e) {
            throw new IllegalArgumentException(
                    "not valid YAML or JSON: " + Quoted.line(String.valueOf(e.getMessage())), e);
        }
        return documents;
    }

    /** Returns the part for a value; nulls are omitted, because Kubernetes treats them as absent fields. */
    private static Part part(String path, String name, Object value) {
        return switch (value) {
            case Map<?, ?> map -> {
                Part part = Part.container(path, name, map);
                map.forEach((key, field) -> addField(part, path, key, field));
                yield part;
            }
            case Collection<?> list -> {
                Part part = Part.container(path, name, list);
                int index = 0;
                for (Object item : list) {
                    if (item != null) {
                        part.addItem(part(path + "[" + index + "]", name, item));
                    }
                    index++;
                }
                yield part;
            }
            default -> Part.scalar(path, name, value.toString(), value);
        };
    }

    private static void addField(Part parent, String path, @Nullable Object key, @Nullable Object value) {
        if (value != null) {
            String field = String.valueOf(key);
            parent.addField(field, part(join(path, field), field, value));
        }
    }

    private static String join(String path, String field) {
        if (PLAIN_KEY.matcher(field).matches() && field.length() <= MAX_KEY_LENGTH) {
            return path.isEmpty() ? field : path + "." + field;
        }
        return path + "[" + Quoted.of(field, MAX_KEY_LENGTH) + "]";
    }
}
