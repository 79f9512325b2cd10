package dev.holdfast.agent.apiserver;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Failure of a request to the API server: it is not responding, refuses the request, or sends an unexpected answer. */
public final class ApiServerException extends IOException {
    private static final long serialVersionUID = 1;
    private static final int UNANSWERED = 0;

    private final int status;

    /** Creates the exception for an answer with an HTTP status other than success. */
    ApiServerException(int status, String message) {
        super(message);
        this.status = status;
    }

    /** Creates the exception for an answer without the required content. */
    public ApiServerException(String message) {
        this(message, null);
    }

    /** Creates the exception for a missing answer. */
    ApiServerException(String message, @Nullable Throwable cause) {
        super(message, cause);
        this.status = UNANSWERED;
    }

    /** Returns the HTTP status; 0 without an answer. */
    public int status() {
        return status;
    }
}
