package dev.holdfast.reconcile.decode;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.deser.std.DelegatingDeserializer;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.util.TokenBuffer;
import dev.holdfast.api.DecodeFault;
import dev.holdfast.api.Undecodable;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Decodes a Kubernetes object without its undecodable parts. An undecodable spec is omitted as a whole, because a part of it
 * may have another meaning. Of a status only the undecodable field is omitted, and of metadata all but the fields that identify
 * the object. {@link Undecodable} has the omitted parts.
 */
final class FaultTolerantDeserializer extends DelegatingDeserializer {
    private static final long serialVersionUID = 1;

    /** More than any status has fields. Of an object with more faults only the metadata that identifies it is kept. */
    private static final int MAX_FAULTS = 32;

    private static final String METADATA = "metadata";
    private static final String STATUS = "status";

    /** Text fields with the object's identity, age and deletion. */
    private static final Set<String> IDENTITY =
            Set.of("name", "namespace", "uid", "resourceVersion", "creationTimestamp", "deletionTimestamp");

    FaultTolerantDeserializer(JsonDeserializer<?> delegate) {
        super(delegate);
    }

    @Override
    protected JsonDeserializer<?> newDelegatingInstance(JsonDeserializer<?> delegate) {
        return new FaultTolerantDeserializer(delegate);
    }

    @Override
    public Object deserialize(JsonParser parser, DeserializationContext context) throws IOException {
        TokenBuffer object = context.bufferAsCopyOfValue(parser);
        try {
            return marked(super.deserialize(object.asParserOnFirstToken(), context), List.of());
        } catch (JsonProcessingException | RuntimeException e) {
            JsonNode tree = context.readTree(object.asParserOnFirstToken());
            if (tree instanceof ObjectNode whole) {
                return withoutFaults(whole, e, parser, context);
            }
            throw e;
        }
    }

    private Object withoutFaults(
            ObjectNode object, Exception problem, JsonParser parser, DeserializationContext context)
            throws IOException {
        List<DecodeFault> faults = new ArrayList<>();
        Exception latest = problem;
        while (faults.size() < MAX_FAULTS) {
            faults.add(DecodeFault.of(latest));
            cut(object, latest);
            try {
                return marked(decode(object, parser, context), faults);
            } catch (JsonProcessingException | RuntimeException e) {
                latest = e;
            }
        }
        identify(object);
        object.retain("apiVersion", "kind", METADATA);
        return marked(decode(object, parser, context), faults);
    }

    private Object decode(ObjectNode object, JsonParser parser, DeserializationContext context) throws IOException {
        JsonParser again = object.traverse(parser.getCodec());
        again.nextToken();
        return super.deserialize(again, context);
    }

    private static Object marked(Object decoded, List<DecodeFault> faults) {
        if (decoded instanceof HasMetadata object) {
            Undecodable.mark(object, faults);
        }
        return decoded;
    }

    /** Removes the part with the problem, or a larger part when it is already removed. */
    private static void cut(ObjectNode object, Exception problem) {
        List<String> steps = problem instanceof JsonMappingException mapping ? DecodeFault.steps(mapping) : List.of();
        String part = steps.isEmpty() ? "" : steps.getFirst();
        if (part.equals(METADATA)) {
            identify(object);
        } else if (!object.has(part)) {
            identify(object);
            object.retain("apiVersion", "kind", METADATA);
        } else if (part.equals(STATUS)
                && steps.size() > 1
                && object.get(STATUS) instanceof ObjectNode status
                && status.has(steps.get(1))) {
            status.remove(steps.get(1));
        } else {
            object.remove(part);
        }
    }

    /** Reduces the metadata to the fields that identify the object. */
    private static void identify(ObjectNode object) {
        if (object.get(METADATA) instanceof ObjectNode metadata) {
            metadata.retain(IDENTITY);
            IDENTITY.stream().filter(field -> !metadata.path(field).isTextual()).forEach(metadata::remove);
        } else {
            object.putObject(METADATA);
        }
    }
}
