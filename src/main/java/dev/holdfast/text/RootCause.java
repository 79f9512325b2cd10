package dev.holdfast.text;

/** What lies at the bottom of an exception; the client's own message says no more than that something failed. */
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
