package dev.holdfast.agent.apiserver;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The API server did not answer, or did not do what it was asked. The message is one sentence. */
public final class ApiServerException extends IOException {
    private static final long serialVersionUID = 1;
    private static final int UNANSWERED = 0;

    private final int status;

    /** It answered with an HTTP status that is no success. */
    ApiServerException(int status, String sentence) {
        super(sentence);
        this.status = status;
    }

    /** It has not what there has to be. */
    public ApiServerException(String sentence) {
        this(sentence, null);
    }

    /** It did not answer. */
    ApiServerException(String sentence, @Nullable Throwable cause) {
        super(sentence, cause);
        this.status = UNANSWERED;
    }

    /** The HTTP status; 0 when there was no answer. */
    public int status() {
        return status;
    }
}
