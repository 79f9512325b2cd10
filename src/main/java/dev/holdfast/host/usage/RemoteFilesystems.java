package dev.holdfast.host.usage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Finds open files of processes that are on remote file systems: those of a server or another process. stat(2) on such a
 * file blocks for ever when the server is not responding, and FUSE refuses it even to root (fuse_allow_current_process).
 * Used for one search only, as it caches mounts.
 */
final class RemoteFilesystems {
    /** File system types in /proc/PID/mountinfo. */
    private static final Pattern REMOTE_TYPES =
            Pattern.compile("fuse.*|nfs4?|cifs|smb3|ceph|9p|virtiofs|afs|lustre|gpfs|beegfs|ocfs2|gfs2");

    private final Map<Path, Map<String, String>> typesByNamespace = new HashMap<>();

    /**
     * Returns whether a file is on a remote file system; false when unknown, as for a mount that the process itself does not
     * see.
     */
    boolean has(Path process, Path descriptor) {
        return PciDeviceChildren.text(process.resolve("fdinfo").resolve(descriptor.getFileName())).stream()
                .flatMap(String::lines)
                .filter(line -> line.startsWith("mnt_id:"))
                .map(line -> line.substring("mnt_id:".length()).strip())
                .flatMap(mount -> Optional.ofNullable(types(process).get(mount)).stream())
                .anyMatch(type -> REMOTE_TYPES.matcher(type).matches());
    }

    private Map<String, String> types(Path process) {
        return typesByNamespace.computeIfAbsent(namespace(process), any -> read(process));
    }

    private static Path namespace(Path process) {
        try {
            return Files.readSymbolicLink(process.resolve("ns/mnt"));
        } catch (IOException e) {
            return process;
        }
    }

    /** Returns types by mount ID: the first field after the dash, by the first field (proc_pid_mountinfo(5)). */
    private static Map<String, String> read(Path process) {
        Map<String, String> types = new HashMap<>();
        PciDeviceChildren.text(process.resolve("mountinfo")).stream()
                .flatMap(String::lines)
                .forEach(line -> {
                    int dash = line.indexOf(" - ");
                    if (dash >= 0) {
                        types.put(first(line), first(line.substring(dash + " - ".length())));
                    }
                });
        return types;
    }

    private static String first(String fields) {
        int blank = fields.indexOf(' ');
        return blank < 0 ? fields : fields.substring(0, blank);
    }
}
