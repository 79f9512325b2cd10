package dev.holdfast.text;

/** Finds the root cause of an exception: the message of the Kubernetes client only reports that a request failed. */
public final class RootCause {
    private RootCause() {}

    /** Returns the text of the root cause, with its type. */
    public static String root(Throwable e) {
        return of(e).toString();
    }

    /** Returns the root cause, which is the exception itself if it has no cause. */
    public static Throwable of(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root;
    }
}
