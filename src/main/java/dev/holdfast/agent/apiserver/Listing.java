package dev.holdfast.agent.apiserver;

import com.fasterxml.jackson.core.JsonParser;
import dev.holdfast.agent.apiserver.Reflector.Collection;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Objects of a collection, by name.
 *
 * @param version resourceVersion of the list, from which a watch continues
 */
record Listing<T>(String version, Map<String, T> objects) {
    /** Objects per page; each page has its own deadline. */
    private static final int PAGE = 100;

    /**
     * Reads the whole collection.
     *
     * @param skipped receives each object that cannot be decoded and is left out
     * @return empty when the server does not serve the collection
     */
    static <T> Optional<Listing<T>> read(ApiClient server, Collection<T> collection, Consumer<WatchEvent<T>> skipped)
            throws ApiServerException {
        Reader<T> reader = new Reader<>(collection, skipped);
        String path = collection.path() + (collection.path().contains("?") ? "&" : "?") + "limit=" + PAGE;
        String next = path;
        Optional<ListMeta> page;
        do {
            page = server.list(next, collection.metadataOnly(), reader::page);
            if (page.isEmpty()) {
                return Optional.empty();
            }
            next = path + "&continue=" + URLEncoder.encode(page.get().more(), StandardCharsets.UTF_8);
        } while (!page.get().more().isEmpty());
        return Optional.of(new Listing<>(page.get().version(), reader.objects));
    }

    private static final class Reader<T> {
        private final Collection<T> collection;
        private final Consumer<WatchEvent<T>> skipped;
        private final Map<String, T> objects = new TreeMap<>();

        Reader(Collection<T> collection, Consumer<WatchEvent<T>> skipped) {
            this.collection = collection;
            this.skipped = skipped;
        }

        ListMeta page(JsonParser list) throws IOException {
            ListMeta[] metadata = {ListMeta.NONE};
            JsonFields.read(list, (field, json) -> {
                switch (field) {
                    case "metadata" -> metadata[0] = ListMeta.of(json);
                    case "items" ->
                        JsonFields.each(json, item -> put(WatchEvent.ofObject(item, collection.projections())));
                    default -> {}
                }
            });
            return metadata[0];
        }

        private void put(WatchEvent<T> object) {
            T value = object.value();
            if (value == null) {
                skipped.accept(object);
            } else {
                objects.put(object.name(), value);
            }
        }
    }

    /**
     * Metadata of a list.
     *
     * @param more token of the next page; empty for none
     */
    private record ListMeta(String version, String more) {
        static final ListMeta NONE = new ListMeta("", "");
        private static final int LONGEST = 16 << 10;

        static ListMeta of(JsonParser json) throws IOException {
            String[] texts = {"", ""};
            JsonFields.read(json, (field, value) -> {
                switch (field) {
                    case "resourceVersion" ->
                        texts[0] = Objects.requireNonNullElse(JsonFields.text(value, LONGEST), "");
                    case "continue" -> texts[1] = Objects.requireNonNullElse(JsonFields.text(value, LONGEST), "");
                    default -> {}
                }
            });
            return new ListMeta(texts[0], texts[1]);
        }
    }
}
