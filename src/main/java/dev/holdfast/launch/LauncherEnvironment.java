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
 * Environment of the launcher in its container.
 *
 * @param environment of this process
 * @param kvm         {@code /dev/kvm}
 * @param root        root directory of all other files: {@code /}
 * @param firmware    finds UEFI firmware
 * @param hardware    hardware of the node
 */
public record LauncherEnvironment(
        Map<String, String> environment, Path kvm, Path root, GuestFirmware firmware, NodeHardware hardware) {
    // Variables that configure this JVM, or that would change QEMU without the operator's knowledge.
    private static final List<String> DROPPED_PREFIXES = List.of("JAVA_", "_JAVA_", "JDK_", "HOLDFAST_", "LD_");

    public LauncherEnvironment {
        environment = Map.copyOf(environment);
    }

    /** Returns whether KVM can be used: tries to open it as QEMU will. */
    boolean kvmOpens() {
        try {
            FileChannel.open(kvm, StandardOpenOption.READ, StandardOpenOption.WRITE)
                    .close();
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** Returns the first executable of a name on the PATH. */
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
        // The default of execvp(3) when PATH is not set.
        return environment.getOrDefault("PATH", "/usr/local/bin:/usr/bin:/bin");
    }

    /**
     * Returns {@code NAME=value} strings, sorted, without those for the JVM.
     *
     * @param timezone of the guest's clock, null for UTC
     * @throws LaunchException when the image does not have the zone: the C library would silently use UTC
     */
    List<String> environmentForQemu(@Nullable String timezone) throws LaunchException {
        Map<String, String> variables = new HashMap<>(environment);
        if (timezone != null) {
            Path file = root.resolve("usr/share/zoneinfo").resolve(timezone);
            if (!Files.isRegularFile(file)) {
                throw LaunchException.failed(
                        "unknown time zone %s: the launcher image has no file %s; correct spec.clock.timezone, or use an image with the package tzdata"
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
