package dev.holdfast.schema;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.api.RuleCase;
import java.util.List;

/** What the schemas in the jar say to the cases of the table. */
public final class SchemaOfCase {
    private SchemaOfCase() {}

    /** Lists the reasons for which a case is refused; empty when it is accepted. */
    public static List<Violation> violations(RuleCase one) {
        CrdSchema schema = of(one.kind());
        ObjectNode before = one.before();
        return before == null ? schema.violations(one.object()) : schema.violationsOfStatus(one.object(), before);
    }

    private static CrdSchema of(RuleCase.Kind kind) {
        return switch (kind.name()) {
            case "PassthroughVM" -> CrdSchema.passthroughVm();
            case "PassthroughNode" -> CrdSchema.passthroughNode();
            case "PassthroughDeviceClass" -> CrdSchema.passthroughDeviceClass();
            default -> throw new IllegalArgumentException(kind.name());
        };
    }
}
