package dev.holdfast.convert.draft;

/** Thrown for a machine that cannot be converted to a PassthroughVM. The message is for the user, one line. */
public final class NotConvertibleException extends Exception {
    private static final long serialVersionUID = 1;

    public NotConvertibleException(String message) {
        super(message, null, false, false);
    }

    public String text() {
        return String.valueOf(getMessage());
    }
}
