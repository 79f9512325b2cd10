package dev.holdfast.testbed.kubelet.container;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Set;

/**
 * RuntimeDefault, seen from the other side: containerd lists what is allowed, this lists what a container without
 * further capabilities is refused by that list. Calls that are younger than containerd's list are allowed here.
 */
final class Seccomp {
    private static final int EPERM = 1;
    private static final int ENOSYS = 38;

    private static final List<String> ALWAYS = List.of(
            "add_key",
            "get_kernel_syms",
            "keyctl",
            "kexec_file_load",
            "move_pages",
            "nfsservctl",
            "request_key",
            "sysfs",
            "_sysctl",
            "uselib",
            "userfaultfd",
            "ustat",
            "vm86",
            "vm86old",
            "io_uring_enter",
            "io_uring_register",
            "io_uring_setup",
            "swapon",
            "swapoff",
            "kexec_load",
            "query_module",
            "create_module");

    private static final List<String> WITHOUT_SYS_ADMIN = List.of(
            "bpf",
            "fanotify_init",
            "fsconfig",
            "fsmount",
            "fsopen",
            "fspick",
            "lookup_dcookie",
            "mount",
            "mount_setattr",
            "move_mount",
            "open_tree",
            "perf_event_open",
            "pivot_root",
            "quotactl",
            "quotactl_fd",
            "setdomainname",
            "sethostname",
            "setns",
            "umount",
            "umount2",
            "unshare");

    /** CLONE_NEWNS and the rest: a container may make threads and processes, not namespaces. */
    private static final long[] NAMESPACE_FLAGS = {
        0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000
    };

    private Seccomp() {}

    /** The {@code linux.seccomp} part of an OCI config. */
    static ObjectNode runtimeDefault(Set<String> capabilities) {
        ObjectNode profile = JsonNodeFactory.instance.objectNode();
        profile.put("defaultAction", "SCMP_ACT_ALLOW");
        profile.putArray("architectures")
                .add("SCMP_ARCH_X86_64")
                .add("SCMP_ARCH_X86")
                .add("SCMP_ARCH_X32");
        ArrayNode rules = profile.putArray("syscalls");
        refuse(rules, ALWAYS, EPERM);
        refuseWithout("CAP_SYS_BOOT", List.of("reboot"), capabilities, rules);
        refuseWithout("CAP_SYS_MODULE", List.of("delete_module", "init_module", "finit_module"), capabilities, rules);
        refuseWithout("CAP_SYS_PACCT", List.of("acct"), capabilities, rules);
        refuseWithout("CAP_SYS_RAWIO", List.of("iopl", "ioperm"), capabilities, rules);
        refuseWithout("CAP_SYS_TIME", List.of("settimeofday", "stime", "clock_settime"), capabilities, rules);
        refuseWithout("CAP_SYS_TTY_CONFIG", List.of("vhangup"), capabilities, rules);
        refuseWithout("CAP_SYS_NICE", List.of("get_mempolicy", "mbind", "set_mempolicy"), capabilities, rules);
        refuseWithout("CAP_SYSLOG", List.of("syslog"), capabilities, rules);
        refuseWithout("CAP_DAC_READ_SEARCH", List.of("open_by_handle_at"), capabilities, rules);
        refuseWithout("CAP_SYS_ADMIN", WITHOUT_SYS_ADMIN, capabilities, rules);
        if (!capabilities.contains("CAP_SYS_ADMIN")) {
            for (long flag : NAMESPACE_FLAGS) {
                refuseClone(rules, flag);
            }
            // Its flags are in memory, where a filter cannot look; glibc falls back to clone.
            refuse(rules, List.of("clone3"), ENOSYS);
        }
        return profile;
    }

    private static void refuseWithout(
            String capability, List<String> names, Set<String> capabilities, ArrayNode rules) {
        if (!capabilities.contains(capability)) {
            refuse(rules, names, EPERM);
        }
    }

    private static ObjectNode refuse(ArrayNode rules, List<String> names, int errno) {
        ObjectNode rule = rules.addObject();
        names.forEach(rule.putArray("names")::add);
        return rule.put("action", "SCMP_ACT_ERRNO").put("errnoRet", errno);
    }

    private static void refuseClone(ArrayNode rules, long flag) {
        refuse(rules, List.of("clone"), EPERM)
                .putArray("args")
                .addObject()
                .put("index", 0)
                .put("value", flag)
                .put("valueTwo", flag)
                .put("op", "SCMP_CMP_MASKED_EQ");
    }
}
