package dev.holdfast.convert.draft;

/** The machine cannot be a PassthroughVM at all. The message is for the user, one line. */
public final class Refusal extends Exception {
    private static final long serialVersionUID = 1;

    public Refusal(String message) {
        super(message, null, false, false);
    }

    public String text() {
        return String.valueOf(getMessage());
    }
}
