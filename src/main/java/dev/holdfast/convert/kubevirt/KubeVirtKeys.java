package dev.holdfast.convert.kubevirt;

/** Labels and annotations that mean something to KubeVirt alone. */
final class KubeVirtKeys {
    static final String REASON = "it means something to KubeVirt alone; nothing to do";

    private KubeVirtKeys() {}

    static boolean isTheirs(String key) {
        int slash = key.indexOf('/');
        String domain = slash < 0 ? "" : key.substring(0, slash);
        return domain.equals("kubevirt.io") || domain.endsWith(".kubevirt.io");
    }
}
