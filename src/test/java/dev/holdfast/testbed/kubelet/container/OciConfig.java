package dev.holdfast.testbed.kubelet.container;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** The config.json of the OCI runtime specification for a container as containerd would have it. */
public final class OciConfig {
    /** Default limits of a container, as set by the kernel and systemd. */
    static final long MEMLOCK_BYTES = 8L << 20;

    private static final long OPEN_FILES = 1 << 20;
    private static final long PIDS = 4096;
    private static final long CPU_PERIOD_MICROS = 100_000;

    private static final List<String> MASKED = List.of(
            "/proc/acpi",
            "/proc/asound",
            "/proc/kcore",
            "/proc/keys",
            "/proc/latency_stats",
            "/proc/timer_list",
            "/proc/timer_stats",
            "/proc/sched_debug",
            "/proc/scsi",
            "/sys/firmware",
            "/sys/devices/virtual/powercap");
    private static final List<String> READ_ONLY =
            List.of("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger");

    private OciConfig() {}

    /** Pure: reads nothing but {@code plan}. */
    public static ObjectNode of(ContainerPlan plan) {
        ObjectNode config = JsonNodeFactory.instance.objectNode();
        config.put("ociVersion", "1.0.2");
        config.putObject("root")
                .put("path", plan.rootfs())
                .put("readonly", plan.security().readOnlyRoot());
        config.put("hostname", plan.hostname());
        process(config.putObject("process"), plan);
        mounts(config.putArray("mounts"), plan);
        linux(config.putObject("linux"), plan);
        return config;
    }

    private static void process(ObjectNode process, ContainerPlan plan) {
        Security security = plan.security();
        process.put("terminal", plan.terminal());
        process.put("cwd", plan.workingDirectory());
        process.put("noNewPrivileges", security.noNewPrivileges());
        add(process.putArray("args"), plan.arguments());
        ArrayNode environment = process.putArray("env");
        plan.environment().forEach((name, value) -> environment.add(name + "=" + value));
        ObjectNode user = process.putObject("user").put("uid", security.uid()).put("gid", security.gid());
        security.additionalGids().forEach(user.putArray("additionalGids")::add);
        ObjectNode capabilities = process.putObject("capabilities");
        // Neither inheritable nor ambient: a non-root user has none of them in effect, as under containerd.
        for (String set : List.of("bounding", "effective", "permitted")) {
            add(capabilities.putArray(set), security.capabilities());
        }
        ArrayNode limits = process.putArray("rlimits");
        limit(limits, "RLIMIT_MEMLOCK", MEMLOCK_BYTES);
        limit(limits, "RLIMIT_NOFILE", OPEN_FILES);
    }

    private static void limit(ArrayNode limits, String type, long value) {
        limits.addObject().put("type", type).put("soft", value).put("hard", value);
    }

    private static void mounts(ArrayNode mounts, ContainerPlan plan) {
        Set<String> replaced =
                plan.mounts().stream().map(ContainerPlan.Mount::destination).collect(Collectors.toSet());
        standard(mounts, replaced, "/proc", "proc", "proc", "nosuid", "noexec", "nodev");
        standard(mounts, replaced, "/dev", "tmpfs", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k");
        standard(
                mounts,
                replaced,
                "/dev/pts",
                "devpts",
                "devpts",
                "nosuid",
                "noexec",
                "newinstance",
                "ptmxmode=0666",
                "mode=0620",
                "gid=5");
        standard(mounts, replaced, "/dev/shm", "tmpfs", "shm", "nosuid", "noexec", "nodev", "mode=1777", "size=65536k");
        standard(mounts, replaced, "/dev/mqueue", "mqueue", "mqueue", "nosuid", "noexec", "nodev");
        standard(mounts, replaced, "/sys", "sysfs", "sysfs", "nosuid", "noexec", "nodev", "ro");
        standard(mounts, replaced, "/sys/fs/cgroup", "cgroup", "cgroup", "nosuid", "noexec", "nodev", "relatime", "ro");
        for (ContainerPlan.Mount mount : plan.mounts()) {
            mounts.addObject()
                    .put("destination", mount.destination())
                    .put("type", "bind")
                    .put("source", mount.source())
                    .putArray("options")
                    .add("rbind")
                    .add("rprivate")
                    .add(mount.readOnly() ? "ro" : "rw");
        }
    }

    private static void standard(
            ArrayNode mounts, Set<String> replaced, String destination, String type, String source, String... options) {
        if (!replaced.contains(destination)) {
            ObjectNode mount = mounts.addObject()
                    .put("destination", destination)
                    .put("type", type)
                    .put("source", source);
            add(mount.putArray("options"), List.of(options));
        }
    }

    private static void linux(ObjectNode linux, ContainerPlan plan) {
        ArrayNode namespaces = linux.putArray("namespaces");
        for (String type : List.of("mount", "uts", "ipc", "cgroup")) {
            namespaces.addObject().put("type", type);
        }
        if (!plan.hostPid()) {
            namespaces.addObject().put("type", "pid");
        }
        if (plan.network() != null) {
            namespaces.addObject().put("type", "network").put("path", plan.network());
        }
        if (!plan.sysctls().isEmpty()) {
            ObjectNode sysctl = linux.putObject("sysctl");
            plan.sysctls().forEach(sysctl::put);
        }
        linux.put("cgroupsPath", plan.cgroup());
        resources(linux.putObject("resources"), plan);
        ArrayNode devices = linux.putArray("devices");
        for (ContainerPlan.Device device : plan.devices()) {
            devices.addObject()
                    .put("path", device.path())
                    .put("type", device.node().type())
                    .put("major", device.node().major())
                    .put("minor", device.node().minor())
                    .put("fileMode", device.node().mode())
                    .put("uid", device.node().uid())
                    .put("gid", device.node().gid());
        }
        add(linux.putArray("maskedPaths"), MASKED);
        add(linux.putArray("readonlyPaths"), READ_ONLY);
        if (plan.security().runtimeDefaultSeccomp()) {
            linux.set("seccomp", Seccomp.runtimeDefault(plan.security().capabilities()));
        }
    }

    private static void resources(ObjectNode resources, ContainerPlan plan) {
        ArrayNode rules = resources.putArray("devices");
        rules.addObject().put("allow", false).put("access", "rwm");
        for (ContainerPlan.Device device : plan.devices()) {
            rules.addObject()
                    .put("allow", true)
                    .put("type", device.node().type())
                    .put("major", device.node().major())
                    .put("minor", device.node().minor())
                    .put("access", device.permissions());
        }
        resources.putObject("pids").put("limit", PIDS);
        if (plan.memoryBytes() != null) {
            resources.putObject("memory").put("limit", plan.memoryBytes());
        }
        ObjectNode cpu = resources.putObject("cpu");
        if (plan.cpuShares() != null) {
            cpu.put("shares", plan.cpuShares());
        }
        if (plan.cpuQuota() != null) {
            cpu.put("quota", plan.cpuQuota()).put("period", CPU_PERIOD_MICROS);
        }
    }

    private static void add(ArrayNode array, Iterable<String> values) {
        values.forEach(array::add);
    }
}
