package dev.holdfast.launch;

import dev.holdfast.host.kernel.OpenFile;
import dev.holdfast.host.kernel.OpenFile.Kind;
import dev.holdfast.host.kernel.RefusedFileException;
import dev.holdfast.launch.disk.KeptOpenFiles;
import dev.holdfast.qemu.argv.FirmwareFiles;
import dev.holdfast.qemu.argv.InheritedDescriptors;
import dev.holdfast.qemu.shape.MachineOptions.Uefi;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * UEFI firmware of one machine: the code in the launcher's image, and the machine's own copy of the variables.
 *
 * @param root  root directory of the container
 * @param run   folder for variables that are deleted with the pod
 * @param state folder for variables that outlive the pod
 */
public record GuestFirmware(Path root, Path run, Path state) {
    /** A build of OVMF, with the paths of its package. */
    private record Build(String code, String template, boolean smm) {}

    /** Package ovmf of Debian and Ubuntu; edk2-ovmf of Fedora and RHEL, of which RHEL has only the build with SMM. */
    private static final List<Build> PLAIN = List.of(
            new Build("/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd", false),
            new Build("/usr/share/edk2/ovmf/OVMF_CODE.fd", "/usr/share/edk2/ovmf/OVMF_VARS.fd", false),
            new Build("/usr/share/edk2/ovmf/OVMF_CODE.secboot.fd", "/usr/share/edk2/ovmf/OVMF_VARS.fd", true));

    /** Templates with Microsoft's keys, by which the boot loaders of Windows and of Linux distributions are signed. */
    private static final List<Build> SECURE = List.of(
            new Build("/usr/share/OVMF/OVMF_CODE_4M.secboot.fd", "/usr/share/OVMF/OVMF_VARS_4M.ms.fd", true),
            new Build("/usr/share/edk2/ovmf/OVMF_CODE.secboot.fd", "/usr/share/edk2/ovmf/OVMF_VARS.secboot.fd", true));

    /**
     * Finds the code and creates the variables, unless they exist from a former pod.
     *
     * @param files receives the variables
     * @throws LaunchException when the image has no such firmware, or the variables cannot be created or are of another
     *     firmware
     */
    FirmwareFiles prepare(Uefi uefi, KeptOpenFiles files) throws LaunchException {
        List<Build> builds = uefi.secureBoot() ? SECURE : PLAIN;
        Build build = builds.stream()
                .filter(candidate ->
                        Files.isReadable(in(candidate.code())) && Files.isReadable(in(candidate.template())))
                .findFirst()
                .orElseThrow(() -> missing(uefi, builds));
        // With a name of its own: variables without keys in place of those with keys would disable Secure Boot
        // silently.
        Path variables = (uefi.persistent() ? state : run)
                .resolve(uefi.secureBoot() ? "efi-variables-secure-boot.fd" : "efi-variables.fd");
        try {
            Path template = in(build.template());
            if (!uefi.persistent() || isMissing(variables)) {
                copy(template, variables);
            }
            OpenFile open = open(variables, files);
            long bytes = check(template, variables, open);
            return new FirmwareFiles(
                    in(build.code()).toString(), InheritedDescriptors.blockNode(open.descriptor()), bytes, build.smm());
        } catch (IOException e) {
            throw LaunchException.failed(
                    "the UEFI variables cannot be written to %s: %s; check the volume, which must be writable for user 107"
                            .formatted(variables, Objects.requireNonNullElse(e.getMessage(), e.toString())));
        }
    }

    /** Returns whether there is no file; a link to a missing file counts as a file, which is refused when it is opened. */
    private static boolean isMissing(Path variables) {
        return !Files.exists(variables, LinkOption.NOFOLLOW_LINKS);
    }

    private static OpenFile open(Path variables, KeptOpenFiles files) throws IOException, LaunchException {
        try {
            return files.blockNode(variables, Kind.REGULAR_FILE, true);
        } catch (RefusedFileException e) {
            String problem = switch (e.reason()) {
                case MISSING -> "are a link to a missing file";
                case OUTSIDE -> "are a link that leads out of the volume";
                case OTHER_KIND -> "are not a regular file";
                case DENIED -> "are not writable for user and group 107";
            };
            throw LaunchException.failed(
                    "the UEFI variables %s %s; remove the file, so that new ones are created, or put a copy of the variables there"
                            .formatted(variables, problem));
        }
    }

    private Path in(String path) {
        return root.resolve(path.substring(1));
    }

    /** Copies under a temporary name and syncs before renaming: an incomplete copy must not be used. */
    private static void copy(Path template, Path variables) throws IOException {
        Path unfinished = variables.resolveSibling(variables.getFileName() + ".new");
        Files.deleteIfExists(unfinished);
        try (FileChannel out = FileChannel.open(unfinished, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
            out.write(ByteBuffer.wrap(Files.readAllBytes(template)));
            out.force(true);
        }
        Files.move(unfinished, variables, StandardCopyOption.ATOMIC_MOVE);
    }

    private static long check(Path template, Path variables, OpenFile open) throws IOException, LaunchException {
        long bytes = Files.size(open.path());
        if (bytes != Files.size(template)) {
            throw LaunchException.failed(
                    "the UEFI variables %s have %d bytes, but the firmware of this launcher image requires %d; use the launcher image that created them, or remove the file"
                            .formatted(variables, bytes, Files.size(template)));
        }
        return bytes;
    }

    private static LaunchException missing(Uefi uefi, List<Build> builds) {
        return LaunchException.failed(
                "the launcher image has no UEFI firmware%s: found none of %s with its variables; use an image with the package ovmf (Debian) or edk2-ovmf (Fedora)"
                        .formatted(
                                uefi.secureBoot() ? " for Secure Boot" : "",
                                builds.stream().map(Build::code).distinct().collect(Collectors.joining(", "))));
    }
}
