package dev.holdfast.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.api.RuleCase;
import dev.holdfast.api.RuleCases;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Good VMs of the table with a value of another type, a field of another name, or both; the same for the same seed. */
public final class Mutations {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final List<JsonNode> VALUES = List.of(
            JSON.numberNode(-1),
            JSON.numberNode(0),
            JSON.numberNode(1.5),
            JSON.numberNode(Long.MIN_VALUE),
            JSON.numberNode(new BigInteger("99999999999999999999")),
            JSON.booleanNode(true),
            JSON.nullNode(),
            JSON.textNode(""),
            JSON.textNode("1Gi"),
            JSON.textNode("a\u0007\n%s{0}<\u00e9"),
            JSON.textNode("x".repeat(400)),
            JSON.arrayNode(),
            JSON.arrayNode().add(JSON.nullNode()).add(JSON.arrayNode()),
            JSON.objectNode(),
            JSON.objectNode().put("a.b/c", 1).put("d", "x"));

    private final Random random;
    private final List<ObjectNode> good = RuleCases.all().stream()
            .filter(one -> one.isAccepted() && one.before() == null)
            .filter(one -> one.kind().name().equals("PassthroughVM"))
            .map(RuleCase::object)
            .toList();

    /** A parent and where in it. */
    private record Place(JsonNode parent, String field, int index) {}

    public Mutations(long seed) {
        random = new Random(seed);
    }

    /** Makes the next VM. */
    public ObjectNode next() {
        ObjectNode vm = good.get(random.nextInt(good.size())).deepCopy();
        for (int changes = 1 + random.nextInt(2); changes > 0; changes--) {
            mutate(vm);
        }
        return vm;
    }

    private void mutate(ObjectNode vm) {
        List<Place> places = new ArrayList<>();
        collect(vm, places);
        Place place = places.get(random.nextInt(places.size()));
        JsonNode value = VALUES.get(random.nextInt(VALUES.size())).deepCopy();
        if (place.parent instanceof ArrayNode list) {
            list.set(place.index, value);
        } else if (place.parent instanceof ObjectNode object) {
            switch (random.nextInt(5)) {
                case 0 -> object.set(place.field + "s", object.remove(place.field));
                case 1 -> object.set("unknown", value);
                default -> object.set(place.field, value);
            }
        }
    }

    /** Apart from apiVersion and kind, without which it is no VM. */
    private static void collect(JsonNode node, List<Place> to) {
        if (node.isArray()) {
            for (int i = 0; i < node.size(); i++) {
                to.add(new Place(node, "", i));
                collect(node.get(i), to);
            }
        }
        for (Map.Entry<String, JsonNode> entry : node.properties()) {
            if (!entry.getKey().equals("apiVersion") && !entry.getKey().equals("kind")) {
                to.add(new Place(node, entry.getKey(), 0));
                collect(entry.getValue(), to);
            }
        }
    }
}
