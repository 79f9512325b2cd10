package dev.holdfast.agent.loop;

import com.fasterxml.jackson.core.JsonParser;
import dev.holdfast.agent.apiserver.ApiServerException;
import dev.holdfast.agent.apiserver.JsonFields;
import dev.holdfast.agent.apiserver.Reflector;
import dev.holdfast.api.Names;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Allocation;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Binding;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Companions;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Selector;
import dev.holdfast.inventory.DeviceClass;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads a PassthroughDeviceClass within the bounds of its schema: an object that was stored before the bounds may
 * exceed them.
 */
final class ClassProjection implements Reflector.Projection<DeviceClass> {
    private static final int MAX_SELECTORS = 32;
    private static final int MAX_LABELS = 64;
    private static final int MAX_LABEL_LENGTH = 317;
    private static final int MAX_LENGTH = 63;

    private boolean hasSpec;
    private List<Selector> selectors = List.of();
    private @Nullable Map<String, String> nodeSelector;
    private @Nullable Binding binding;
    private @Nullable Companions companions;
    private @Nullable Allocation allocation;

    @Override
    public void field(String field, JsonParser json) throws IOException {
        if (field.equals("spec")) {
            hasSpec = true;
            JsonFields.read(json, this::spec);
        }
    }

    private void spec(String field, JsonParser json) throws IOException {
        switch (field) {
            case "selectors" -> selectors = JsonFields.list(json, MAX_SELECTORS, ClassProjection::selector);
            case "nodeSelector" -> nodeSelector = JsonFields.texts(json, MAX_LABELS, MAX_LABEL_LENGTH);
            case "binding" -> binding = constant(Binding.class, json);
            case "companions" -> companions = constant(Companions.class, json);
            case "allocation" -> allocation = constant(Allocation.class, json);
            default -> {}
        }
    }

    private static Selector selector(JsonParser json) throws IOException {
        @Nullable String[] texts = new @Nullable String[6];
        JsonFields.read(json, (field, value) -> {
            switch (field) {
                case "vendorID" -> texts[0] = JsonFields.text(value, MAX_LENGTH);
                case "deviceID" -> texts[1] = JsonFields.text(value, MAX_LENGTH);
                case "subsystemVendorID" -> texts[2] = JsonFields.text(value, MAX_LENGTH);
                case "subsystemID" -> texts[3] = JsonFields.text(value, MAX_LENGTH);
                case "classCode" -> texts[4] = JsonFields.text(value, MAX_LENGTH);
                case "address" -> texts[5] = JsonFields.text(value, MAX_LENGTH);
                // Ignoring the field would make the selector match more than intended.
                default ->
                    throw new ApiServerException(
                            "selector with a field that this version of the agent does not know; upgrade the agent");
            }
        });
        return new Selector(texts[0], texts[1], texts[2], texts[3], texts[4], texts[5]);
    }

    private static <E extends Enum<E>> @Nullable E constant(Class<E> type, JsonParser json) throws IOException {
        String text = JsonFields.text(json, MAX_LENGTH);
        if (text == null) {
            return null;
        }
        return Arrays.stream(type.getEnumConstants())
                .filter(one -> one.name().equals(text))
                .findFirst()
                .orElseThrow(() ->
                        new ApiServerException("value \"%s\" is unknown to this version of the agent; must be one of %s"
                                .formatted(text, Arrays.toString(type.getEnumConstants()))));
    }

    @Override
    public DeviceClass result(String name) throws ApiServerException {
        if (name.equals(Names.GRANT)) {
            throw new ApiServerException("the name " + Names.GRANT + " is reserved for the resource "
                    + Names.resourceOf(Names.GRANT) + " of the agents; choose another name for the class");
        }
        if (!hasSpec) {
            throw new ApiServerException("spec not found; it is required");
        }
        return DeviceClass.of(
                name, new PassthroughDeviceClassSpec(selectors, nodeSelector, binding, companions, allocation));
    }
}
