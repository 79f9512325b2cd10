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

/** YAML documents, JSON among them, as parts. */
public final class YamlTree {
    private static final Pattern PLAIN_KEY = Pattern.compile("[A-Za-z0-9_-]+");
    private static final int LONGEST_KEY = 80;

    private YamlTree() {}

    /**
     * The documents of a text that hold something.
     *
     * @throws IllegalArgumentException with a message for the user when it is not YAML, or goes beyond {@link YamlBounds}
     */
    public static List<Part> read(String text) {
        List<Part> documents = new ArrayList<>();
        try {
            // A tab is white space in JSON and not in YAML; in a string of JSON it would be an escape.
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
                    "it is not valid YAML or JSON: " + Quoted.line(String.valueOf(e.getMessage())), e);
        }
        return documents;
    }

    /** Nulls are left out: to Kubernetes they are absent fields. */
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
        if (PLAIN_KEY.matcher(field).matches() && field.length() <= LONGEST_KEY) {
            return path.isEmpty() ? field : path + "." + field;
        }
        return path + "[" + Quoted.of(field, LONGEST_KEY) + "]";
    }
}
