package dev.holdfast.convert.kubevirt;

/** Labels and annotations that only KubeVirt uses. */
final class KubeVirtKeys {
    static final String REASON = "used by KubeVirt only; no action is needed";

    private KubeVirtKeys() {}

    static boolean isKubeVirt(String key) {
        int slash = key.indexOf('/');
        String domain = slash < 0 ? "" : key.substring(0, slash);
        return domain.equals("kubevirt.io") || domain.endsWith(".kubevirt.io");
    }
}
