package dev.holdfast.launch;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the launcher finds in its container.
 *
 * @param environment of this process
 * @param kvm         {@code /dev/kvm}
 * @param root        of all other files: {@code /}
 * @param firmware    finds UEFI
 * @param hardware    tells of the node
 */
public record LauncherEnvironment(
        Map<String, String> environment, Path kvm, Path root, GuestFirmware firmware, NodeHardware hardware) {
    // What configures this JVM, or would change QEMU behind the operator's back.
    private static final List<String> DROPPED_PREFIXES = List.of("JAVA_", "_JAVA_", "JDK_", "HOLDFAST_", "LD_");

    public LauncherEnvironment {
        environment = Map.copyOf(environment);
    }

    /** Whether KVM can be used: opening it is the question that QEMU will ask. */
    boolean kvmOpens() {
        try {
            FileChannel.open(kvm, StandardOpenOption.READ, StandardOpenOption.WRITE)
                    .close();
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** The first executable of that name on the PATH. */
    Optional<Path> find(String program) {
        for (String folder : path().split(":", -1)) {
            if (folder.startsWith("/")) {
                Path candidate = Path.of(folder, program);
                if (Files.isRegularFile(candidate) && Files.isExecutable(candidate)) {
                    return Optional.of(candidate);
                }
            }
        }
        return Optional.empty();
    }

    String path() {
        // What execvp(3) takes when there is none.
        return environment.getOrDefault("PATH", "/usr/local/bin:/usr/bin:/bin");
    }

    /**
     * {@code NAME=value} each, in order, without what was meant for the JVM.
     *
     * @param timezone of the guest's clock, null for UTC
     * @throws LaunchException when the image does not know the zone: the C library would take UTC without a word
     */
    List<String> environmentForQemu(@Nullable String timezone) throws LaunchException {
        Map<String, String> variables = new HashMap<>(environment);
        if (timezone != null) {
            Path file = root.resolve("usr/share/zoneinfo").resolve(timezone);
            if (!Files.isRegularFile(file)) {
                throw LaunchException.failed(
                        "the clock shall show the time of %s, but the launcher image has no file %s; correct spec.clock.timezone, or use an image with the package tzdata"
                                .formatted(timezone, file));
            }
            variables.put("TZ", timezone);
        }
        return variables.entrySet().stream()
                .filter(entry -> DROPPED_PREFIXES.stream().noneMatch(entry.getKey()::startsWith))
                .map(entry -> entry.getKey() + "=" + entry.getValue())
                .sorted()
                .toList();
    }
}
