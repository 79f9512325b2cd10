package dev.holdfast.text;

/** Formats the name of an object in log lines and messages. */
public final class NamespacedName {
    private NamespacedName() {}

    /** Returns {@code namespace/name}. */
    public static String of(String namespace, String name) {
        return namespace + "/" + name;
    }
}
