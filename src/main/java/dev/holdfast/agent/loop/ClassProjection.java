package dev.holdfast.agent.loop;

import com.fasterxml.jackson.core.JsonParser;
import dev.holdfast.agent.apiserver.ApiServerException;
import dev.holdfast.agent.apiserver.JsonFields;
import dev.holdfast.agent.apiserver.Reflector;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Binding;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Companions;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Selector;
import dev.holdfast.inventory.DeviceClass;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads a PassthroughDeviceClass, with the bounds of its schema: one that was stored before they were has none. */
final class ClassProjection implements Reflector.Projection<DeviceClass> {
    private static final int MOST_SELECTORS = 32;
    private static final int MOST_LABELS = 64;
    private static final int LONGEST_LABEL = 317;
    private static final int LONGEST = 63;

    private boolean hasSpec;
    private List<Selector> selectors = List.of();
    private @Nullable Map<String, String> nodeSelector;
    private @Nullable Binding binding;
    private @Nullable Companions companions;

    @Override
    public void field(String field, JsonParser json) throws IOException {
        if (field.equals("spec")) {
            hasSpec = true;
            JsonFields.read(json, this::spec);
        }
    }

    private void spec(String field, JsonParser json) throws IOException {
        switch (field) {
            case "selectors" -> selectors = JsonFields.list(json, MOST_SELECTORS, ClassProjection::selector);
            case "nodeSelector" -> nodeSelector = JsonFields.texts(json, MOST_LABELS, LONGEST_LABEL);
            case "binding" -> binding = constant(Binding.class, json);
            case "companions" -> companions = constant(Companions.class, json);
            default -> {}
        }
    }

    private static Selector selector(JsonParser json) throws IOException {
        @Nullable String[] texts = new @Nullable String[6];
        JsonFields.read(json, (field, value) -> {
            switch (field) {
                case "vendorID" -> texts[0] = JsonFields.text(value, LONGEST);
                case "deviceID" -> texts[1] = JsonFields.text(value, LONGEST);
                case "subsystemVendorID" -> texts[2] = JsonFields.text(value, LONGEST);
                case "subsystemID" -> texts[3] = JsonFields.text(value, LONGEST);
                case "classCode" -> texts[4] = JsonFields.text(value, LONGEST);
                case "address" -> texts[5] = JsonFields.text(value, LONGEST);
                // Without it the selector would match more than its writer meant.
                default ->
                    throw new ApiServerException(
                            "found a selector with a field that an agent of this version does not know; upgrade the agent");
            }
        });
        return new Selector(texts[0], texts[1], texts[2], texts[3], texts[4], texts[5]);
    }

    private static <E extends Enum<E>> @Nullable E constant(Class<E> type, JsonParser json) throws IOException {
        String text = JsonFields.text(json, LONGEST);
        if (text == null) {
            return null;
        }
        return Arrays.stream(type.getEnumConstants())
                .filter(one -> one.name().equals(text))
                .findFirst()
                .orElseThrow(() -> new ApiServerException(
                        "found \"%s\", one of %s is required; an agent of this version knows no other"
                                .formatted(text, Arrays.toString(type.getEnumConstants()))));
    }

    @Override
    public DeviceClass result(String name) throws ApiServerException {
        if (!hasSpec) {
            throw new ApiServerException("found no spec");
        }
        return DeviceClass.of(name, new PassthroughDeviceClassSpec(selectors, nodeSelector, binding, companions));
    }
}
