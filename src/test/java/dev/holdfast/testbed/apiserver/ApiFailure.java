package dev.holdfast.testbed.apiserver;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** A request that the API server refuses, with the Status object that Kubernetes answers then. */
final class ApiFailure extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final int code;
    private final String reason;

    private ApiFailure(int code, String reason, String message) {
        super(message);
        this.code = code;
        this.reason = reason;
    }

    static ApiFailure notFound(String plural, String name) {
        return new ApiFailure(404, "NotFound", plural + " \"" + name + "\" not found");
    }

    static ApiFailure alreadyExists(String plural, String name) {
        return new ApiFailure(409, "AlreadyExists", plural + " \"" + name + "\" already exists");
    }

    static ApiFailure conflict(String plural, String name, String why) {
        return new ApiFailure(
                409, "Conflict", "Operation cannot be fulfilled on " + plural + " \"" + name + "\": " + why);
    }

    static ApiFailure badRequest(String message) {
        return new ApiFailure(400, "BadRequest", message);
    }

    static ApiFailure unsupportedMediaType(String contentType) {
        return new ApiFailure(
                415,
                "UnsupportedMediaType",
                "the embedded API server knows JSON patch, JSON merge patch and server-side apply, not " + contentType);
    }

    static ApiFailure unavailable(String message) {
        return new ApiFailure(503, "ServiceUnavailable", message);
    }

    static ApiFailure internal(Throwable cause) {
        return new ApiFailure(500, "InternalError", cause.toString());
    }

    int code() {
        return code;
    }

    ObjectNode status() {
        ObjectNode status = JsonNodeFactory.instance.objectNode();
        status.put("kind", "Status").put("apiVersion", "v1").put("status", "Failure");
        status.putObject("metadata");
        return status.put("message", getMessage()).put("reason", reason).put("code", code);
    }
}
