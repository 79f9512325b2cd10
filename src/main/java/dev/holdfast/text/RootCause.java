package dev.holdfast.text;

/** Returns the root cause of an exception: the message of the Kubernetes client only reports that a request failed. */
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
