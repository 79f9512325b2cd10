package dev.holdfast.schema;

import com.fasterxml.jackson.databind.JsonNode;

/** Check of bounds and formats of numbers, as in kube-openapi's numberValidator. */
final class NumberCheck {
    /**
     * Largest integer up to which every integer is a distinct double (ECMA's MAX_SAFE_INTEGER, from go-openapi/swag).
     */
    private static final double MAX_WHOLE = (1L << 53) - 1;

    private static final double CLOSE = 1e-9;

    private final Findings findings;

    NumberCheck(Findings findings) {
        this.findings = findings;
    }

    void check(SchemaNode schema, JsonNode value, String path) {
        checkFormat(schema, value, path);
        JsonNode max = schema.bound("maximum");
        if (max.isNumber() && compare(value, max) > 0) {
            invalid(path, value, "should be less than or equal to " + bound(value, max));
        }
        JsonNode min = schema.bound("minimum");
        if (min.isNumber() && compare(value, min) < 0) {
            invalid(path, value, "should be greater than or equal to " + bound(value, min));
        }
    }

    /** Checks the format; the server reports a violation for the object as a whole. */
    private void checkFormat(SchemaNode schema, JsonNode value, String path) {
        String type = schema.declaredType();
        if (!type.equals("integer")) {
            return;
        }
        boolean isInt32 = schema.format().equals("int32");
        boolean fits = isInt32
                ? value.canConvertToExactIntegral() && value.canConvertToInt()
                : value.canConvertToExactIntegral() && value.canConvertToLong();
        if (!fits) {
            String format = schema.format();
            findings.invalidWhole(
                    format.equals("int32") || format.equals("int64")
                            ? "Checked value must be of type integer with format %s in %s".formatted(format, path)
                            : "Checked value must be of type integer (default format) in %s".formatted(path));
        }
    }

    private void invalid(String path, JsonNode value, String message) {
        findings.invalid(path, GoText.value(value), path + " in body " + message);
    }

    private static int compare(JsonNode value, JsonNode bound) {
        return GoText.isFloat(value)
                ? Double.compare(value.doubleValue(), bound.doubleValue())
                : Long.compare(value.longValue(), (long) bound.doubleValue());
    }

    /** Prints the bound in the type of the value. */
    private static String bound(JsonNode value, JsonNode bound) {
        return GoText.isFloat(value) ? GoText.number(bound.doubleValue()) : String.valueOf((long) bound.doubleValue());
    }

    /** Returns whether Go's swag.IsFloat64AJSONInteger treats the double as a whole number. */
    static boolean isWhole(double number) {
        if (!(Math.abs(number) <= MAX_WHOLE)) {
            return false;
        }
        double whole = (double) (long) number;
        if (number == whole) {
            return true;
        }
        return whole != 0 && Math.abs(number - whole) / (Math.abs(number) + Math.abs(whole)) < CLOSE;
    }
}
