package dev.holdfast.testbed.kubelet.container;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Linux capabilities by name, as securityContext and OCI spell them. */
public final class Capabilities {
    /** Capabilities of a container that does not set any: containerd's and Docker's default. */
    static final Set<String> DEFAULT = prefixed(
            "CHOWN",
            "DAC_OVERRIDE",
            "FSETID",
            "FOWNER",
            "MKNOD",
            "NET_RAW",
            "SETGID",
            "SETUID",
            "SETFCAP",
            "SETPCAP",
            "NET_BIND_SERVICE",
            "SYS_CHROOT",
            "KILL",
            "AUDIT_WRITE");

    private static final Set<String> OTHERS = prefixed(
            "AUDIT_CONTROL",
            "AUDIT_READ",
            "BLOCK_SUSPEND",
            "BPF",
            "CHECKPOINT_RESTORE",
            "DAC_READ_SEARCH",
            "IPC_LOCK",
            "IPC_OWNER",
            "LEASE",
            "LINUX_IMMUTABLE",
            "MAC_ADMIN",
            "MAC_OVERRIDE",
            "NET_ADMIN",
            "NET_BROADCAST",
            "PERFMON",
            "SYS_ADMIN",
            "SYS_BOOT",
            "SYS_MODULE",
            "SYS_NICE",
            "SYS_PACCT",
            "SYS_PTRACE",
            "SYS_RAWIO",
            "SYS_RESOURCE",
            "SYS_TIME",
            "SYS_TTY_CONFIG",
            "SYSLOG",
            "WAKE_ALARM");

    private Capabilities() {}

    /** Upstream's rule: ALL is everything, drops are applied after adds of ALL and before adds by name. */
    public static Set<String> of(List<String> add, List<String> drop) {
        Set<String> capabilities = new TreeSet<>(DEFAULT);
        if (add.contains("ALL")) {
            capabilities.addAll(OTHERS);
        }
        if (drop.contains("ALL")) {
            capabilities.clear();
        }
        drop.forEach(name -> capabilities.remove(prefixed(name)));
        add.stream()
                .filter(name -> !name.equals("ALL"))
                .map(Capabilities::prefixed)
                .forEach(capabilities::add);
        return capabilities;
    }

    private static String prefixed(String name) {
        return name.startsWith("CAP_") ? name : "CAP_" + name;
    }

    private static Set<String> prefixed(String... names) {
        return List.of(names).stream().map(Capabilities::prefixed).collect(Collectors.toUnmodifiableSet());
    }
}
