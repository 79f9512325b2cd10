package dev.holdfast.agent.slice;

import com.fasterxml.jackson.core.JsonParser;
import dev.holdfast.agent.apiserver.JsonFields;
import dev.holdfast.agent.apiserver.ObjectMeta.Owner;
import dev.holdfast.agent.apiserver.Reflector;
import dev.holdfast.agent.slice.PublishedSlice.Pool;
import dev.holdfast.agent.slice.SliceDevice.Attribute;
import dev.holdfast.agent.slice.SliceDevice.Capacity;
import dev.holdfast.api.Names;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Reads a ResourceSlice within the bounds of the API. Fields that the agent does not write are skipped. */
final class SliceProjection implements Reflector.Projection<PublishedSlice> {
    private static final int MAX_DEVICES = 128;
    private static final int MAX_ATTRIBUTES = 32;
    private static final int MAX_LENGTH = 253;
    private static final int MAX_OWNERS = 64;

    private String version = "";
    private String owner = "";
    private String driver = "";
    private String node = "";
    private Pool pool = new Pool("", 0, 0);
    private List<SliceDevice> devices = List.of();

    @Override
    public void version(String resourceVersion) {
        version = resourceVersion;
    }

    @Override
    public void metadata(String field, JsonParser json) throws IOException {
        if (field.equals("ownerReferences")) {
            owner = JsonFields.list(json, MAX_OWNERS, Owner::of).stream()
                    .filter(one -> one.kind().equals("Node"))
                    .map(Owner::uid)
                    .findFirst()
                    .orElse("");
        }
    }

    @Override
    public void field(String field, JsonParser json) throws IOException {
        if (field.equals("spec")) {
            JsonFields.read(json, this::spec);
        }
    }

    private void spec(String field, JsonParser json) throws IOException {
        switch (field) {
            case "driver" -> driver = text(json);
            case "nodeName" -> node = text(json);
            case "pool" -> pool = PoolReader.read(json);
            case "devices" -> devices = JsonFields.list(json, MAX_DEVICES, SliceProjection::device);
            default -> {}
        }
    }

    private static SliceDevice device(JsonParser json) throws IOException {
        String[] name = {""};
        Map<String, Attribute> attributes = new HashMap<>();
        Map<String, Capacity> capacity = new HashMap<>();
        JsonFields.read(json, (field, value) -> {
            switch (field) {
                case "name" -> name[0] = text(value);
                case "attributes" -> JsonFields.read(value, (key, one) -> put(attributes, key, attribute(one)));
                case "capacity" -> JsonFields.read(value, (key, one) -> put(capacity, key, capacity(one)));
                default -> {}
            }
        });
        return new SliceDevice(name[0], attributes, capacity);
    }

    private static <T> void put(Map<String, T> values, String key, T value) {
        if (values.size() < MAX_ATTRIBUTES) {
            values.put(key, value);
        }
    }

    private static Attribute attribute(JsonParser json) throws IOException {
        @Nullable String[] text = {null};
        @Nullable Long[] number = {null};
        @Nullable Boolean[] flag = {null};
        JsonFields.read(json, (field, value) -> {
            switch (field) {
                case "string" -> text[0] = JsonFields.text(value, MAX_LENGTH);
                case "int" -> number[0] = JsonFields.number(value);
                case "bool" -> flag[0] = JsonFields.flag(value);
                default -> {}
            }
        });
        return new Attribute(text[0], number[0], flag[0]);
    }

    private static Capacity capacity(JsonParser json) throws IOException {
        String[] quantity = {""};
        JsonFields.read(json, (field, value) -> {
            if (field.equals("value")) {
                quantity[0] = text(value);
            }
        });
        return new Capacity(quantity[0]);
    }

    private static String text(JsonParser json) throws IOException {
        return Objects.requireNonNullElse(JsonFields.text(json, MAX_LENGTH), "");
    }

    @Override
    public PublishedSlice result(String name) {
        return new PublishedSlice(name, version, owner, driver.equals(Names.DRA_DRIVER) ? node : "", pool, devices);
    }
}
