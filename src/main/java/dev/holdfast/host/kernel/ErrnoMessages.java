package dev.holdfast.host.kernel;

/** What a failed call means and what to do about it. */
final class ErrnoMessages {
    private ErrnoMessages() {}

    static String readLimit(int pid, int errno) {
        return switch (errno) {
            case Errno.ESRCH -> gone(pid);
            case Errno.EPERM ->
                "The memlock limit of process " + pid
                        + " may not be read: it is another user's and CAP_SYS_RESOURCE is missing; give the agent that capability.";
            default -> "The memlock limit of process " + pid + " could not be read: " + Errno.text(errno) + ".";
        };
    }

    static String setLimit(int pid, Rlimit limit, int errno) {
        String wanted = Rlimit.text(limit.hard());
        return switch (errno) {
            case Errno.ESRCH -> gone(pid);
            case Errno.EPERM ->
                "The memlock limit of process " + pid + " was to become " + wanted
                        + ", but the kernel refused: CAP_SYS_RESOURCE in the initial user namespace is needed; give the agent that capability.";
            case Errno.EINVAL ->
                "The memlock limit of process " + pid + " was to become " + wanted + ", but the soft limit "
                        + Rlimit.text(limit.soft()) + " is above it.";
            default ->
                "The memlock limit of process " + pid + " could not be set to " + wanted + ": " + Errno.text(errno)
                        + ".";
        };
    }

    static String execute(String path, int errno) {
        String cure = switch (errno) {
            case Errno.ENOENT, Errno.ENOTDIR -> "; check the path and the image";
            case Errno.EACCES -> "; it must be executable and its file system not mounted noexec";
            case Errno.ENOEXEC -> "; it must be a program for this machine";
            default -> "";
        };
        return "The program " + path + " could not be started: " + Errno.text(errno) + cure + ".";
    }

    static String openBeneath(String path, int errno) {
        String cure = switch (errno) {
            case Errno.ENOSYS, Errno.EPERM ->
                "; openat2 is needed: Linux 5.6 or later and a seccomp profile that allows it";
            default -> "";
        };
        return path + " cannot be opened: " + Errno.text(errno) + cure;
    }

    private static String gone(int pid) {
        return "Process " + pid + " was to be there, but it is gone.";
    }
}
