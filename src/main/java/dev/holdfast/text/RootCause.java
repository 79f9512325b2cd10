package dev.holdfast.text;

/** Finds the root cause of an exception; the message of a client's exception has no details. */
public final class RootCause {
    private RootCause() {}

    public static String root(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root.toString();
    }
}
