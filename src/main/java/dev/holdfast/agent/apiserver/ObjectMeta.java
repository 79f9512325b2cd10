package dev.holdfast.agent.apiserver;

import com.fasterxml.jackson.core.JsonParser;
import java.io.IOException;
import java.util.List;
import java.util.Objects;

/**
 * Metadata of an object, as far as the agent needs it.
 *
 * @param deleted whether it is being deleted
 */
public record ObjectMeta(String uid, boolean deleted, List<Owner> owners) {
    private static final int MAX_LENGTH = 253;
    /** Maximum number of owners, far more than needed; a VM pod has one. */
    private static final int MAX_OWNERS = 64;

    /** Owner of the object. */
    public record Owner(String apiVersion, String kind, String uid, boolean controller) {
        /** Reads an owner reference. */
        public static Owner of(JsonParser json) throws IOException {
            String[] texts = {"", "", ""};
            boolean[] controller = {false};
            JsonFields.read(json, (field, value) -> {
                switch (field) {
                    case "apiVersion" -> texts[0] = text(value);
                    case "kind" -> texts[1] = text(value);
                    case "uid" -> texts[2] = text(value);
                    case "controller" -> controller[0] = JsonFields.flag(value);
                    default -> {}
                }
            });
            return new Owner(texts[0], texts[1], texts[2], controller[0]);
        }
    }

    /** Reads the metadata of an object and skips the rest. */
    public static ObjectMeta ofObject(JsonParser object) throws IOException {
        ObjectMeta[] found = {new ObjectMeta("", false, List.of())};
        JsonFields.read(object, (field, json) -> {
            if (field.equals("metadata")) {
                found[0] = of(json);
            }
        });
        return found[0];
    }

    /** Reads the metadata. */
    public static ObjectMeta of(JsonParser metadata) throws IOException {
        Reader reader = new Reader();
        JsonFields.read(metadata, reader::field);
        return new ObjectMeta(reader.uid, reader.deleted, reader.owners);
    }

    private static String text(JsonParser json) throws IOException {
        return Objects.requireNonNullElse(JsonFields.text(json, MAX_LENGTH), "");
    }

    private static final class Reader {
        private String uid = "";
        private boolean deleted;
        private List<Owner> owners = List.of();

        void field(String field, JsonParser json) throws IOException {
            switch (field) {
                case "uid" -> uid = text(json);
                case "deletionTimestamp" -> deleted = JsonFields.text(json, MAX_LENGTH) != null;
                case "ownerReferences" -> owners = JsonFields.list(json, MAX_OWNERS, Owner::of);
                default -> {}
            }
        }
    }
}
