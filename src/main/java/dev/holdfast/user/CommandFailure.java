package dev.holdfast.user;

/** Failure of a command, with a message of one line for the user. */
public final class CommandFailure extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final boolean unusableInput;

    private CommandFailure(String message, boolean unusableInput) {
        super(message);
        this.unusableInput = unusableInput;
    }

    /** Returns a failure of the cluster, or of a request to it. */
    static CommandFailure of(String message) {
        return new CommandFailure(message, false);
    }

    /** Returns a failure of the user's input: an option, or the kubeconfig. */
    static CommandFailure input(String message) {
        return new CommandFailure(message, true);
    }

    /** Returns whether the input must be corrected, as no request was sent. */
    public boolean unusableInput() {
        return unusableInput;
    }
}
