package dev.holdfast.host.usage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Which of the files that processes have open lie where a server or another process answers for them. Asking such a file
 * anything waits for ever when who answers is dead, and FUSE lets not even root ask (fuse_allow_current_process). Made
 * anew for each look, as it remembers mounts.
 */
final class RemoteFilesystems {
    /** By the type in /proc/PID/mountinfo. */
    private static final Pattern FAR =
            Pattern.compile("fuse.*|nfs4?|cifs|smb3|ceph|9p|virtiofs|afs|lustre|gpfs|beegfs|ocfs2|gfs2");

    private final Map<Path, Map<String, String>> typesByNamespace = new HashMap<>();

    /** Says no when nothing tells, as for a file of a mount that the process itself does not see. */
    boolean has(Path process, Path descriptor) {
        return PciDeviceChildren.text(process.resolve("fdinfo").resolve(descriptor.getFileName())).stream()
                .flatMap(String::lines)
                .filter(line -> line.startsWith("mnt_id:"))
                .map(line -> line.substring("mnt_id:".length()).strip())
                .flatMap(mount -> Optional.ofNullable(types(process).get(mount)).stream())
                .anyMatch(type -> FAR.matcher(type).matches());
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

    /** Type by mount: the first field, and the first after the dash (proc_pid_mountinfo(5)). */
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
