package dev.holdfast.agent.slice;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.holdfast.agent.apiserver.JsonFields;
import dev.holdfast.agent.slice.ForeignDevices.Device;
import dev.holdfast.agent.slice.ForeignDevices.Slice;
import dev.holdfast.agent.slice.PublishedSlice.Pool;
import dev.holdfast.api.StandardAttributes;
import java.io.IOException;
import java.util.List;
import java.util.Objects;

/** Reads the few fields of another driver's ResourceSlice that are used. */
final class ForeignSliceReader {
    /** Limit of Kubernetes for a slice (ResourceSliceMaxDevices). */
    private static final int MAX_DEVICES = 128;

    private static final int MAX_LENGTH = 253;

    private String driver = "";
    private Pool pool = new Pool("", 0, 0);
    private List<Device> devices = List.of();

    private ForeignSliceReader() {}

    static Slice read(JsonParser slice) throws IOException {
        ForeignSliceReader reader = new ForeignSliceReader();
        JsonFields.read(slice, (field, json) -> {
            if (field.equals("spec")) {
                JsonFields.read(json, reader::spec);
            }
        });
        Pool pool = reader.pool;
        return new Slice(reader.driver, pool.name(), pool.generation(), pool.resourceSliceCount(), reader.devices);
    }

    private void spec(String field, JsonParser json) throws IOException {
        switch (field) {
            case "driver" -> driver = text(json);
            case "pool" -> pool = PoolReader.read(json);
            case "devices" -> devices = JsonFields.list(json, MAX_DEVICES, ForeignSliceReader::device);
            default -> {}
        }
    }

    private static Device device(JsonParser json) throws IOException {
        String[] texts = {"", ""};
        JsonFields.read(json, (field, value) -> {
            switch (field) {
                case "name" -> texts[0] = text(value);
                case "attributes" ->
                    JsonFields.read(value, (name, attribute) -> {
                        if (name.equals(StandardAttributes.PCI_BUS_ID)) {
                            texts[1] = string(attribute);
                        }
                    });
                default -> {}
            }
        });
        return new Device(texts[0], texts[1]);
    }

    /** Returns the value of a string attribute; empty for an attribute of another type. */
    private static String string(JsonParser attribute) throws IOException {
        String[] text = {""};
        JsonFields.read(attribute, (field, value) -> {
            if (field.equals("string") && value.currentToken() == JsonToken.VALUE_STRING) {
                text[0] = text(value);
            }
        });
        return text[0];
    }

    private static String text(JsonParser json) throws IOException {
        return Objects.requireNonNullElse(JsonFields.text(json, MAX_LENGTH), "");
    }
}
