package dev.holdfast.host.kernel;

/** Messages for failed system calls: the cause and the remedy. */
final class ErrnoMessages {
    private ErrnoMessages() {}

    static String readLimit(int pid, int errno) {
        return switch (errno) {
            case Errno.ESRCH -> gone(pid);
            case Errno.EPERM ->
                "the memlock limit of process " + pid
                        + " cannot be read: the process belongs to another user and CAP_SYS_RESOURCE is missing; give the agent that capability";
            default -> "the memlock limit of process " + pid + " cannot be read: " + Errno.text(errno);
        };
    }

    static String setLimit(int pid, Rlimit limit, int errno) {
        String wanted = Rlimit.text(limit.hard());
        return switch (errno) {
            case Errno.ESRCH -> gone(pid);
            case Errno.EPERM ->
                "the memlock limit of process " + pid + " cannot be set to " + wanted
                        + ": CAP_SYS_RESOURCE in the initial user namespace is required; give the agent that capability";
            case Errno.EINVAL ->
                "the memlock limit of process " + pid + " cannot be set to " + wanted + ": the soft limit "
                        + Rlimit.text(limit.soft()) + " is above it";
            default -> "the memlock limit of process " + pid + " cannot be set to " + wanted + ": " + Errno.text(errno);
        };
    }

    static String execute(String path, int errno) {
        String remedy = switch (errno) {
            case Errno.ENOENT, Errno.ENOTDIR -> "; check the path and the image";
            case Errno.EACCES -> "; it must be executable and its file system not mounted noexec";
            case Errno.ENOEXEC -> "; it must be a program for the architecture of this host";
            default -> "";
        };
        return "the program " + path + " cannot be started: " + Errno.text(errno) + remedy;
    }

    static String openBeneath(String path, int errno) {
        String remedy = switch (errno) {
            case Errno.ENOSYS, Errno.EPERM ->
                "; openat2 is required: Linux 5.6 or later and a seccomp profile that allows it";
            default -> "";
        };
        return path + " cannot be opened: " + Errno.text(errno) + remedy;
    }

    private static String gone(int pid) {
        return "process " + pid + " has ended";
    }
}
