package dev.holdfast.qemu.dryrun;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.holdfast.Golden;
import dev.holdfast.Slow;
import dev.holdfast.memlock.ExactPolicy;
import dev.holdfast.memlock.libvirt.Domain;
import dev.holdfast.qemu.argv.QemuArgv;
import dev.holdfast.testbed.qemu.RealProgram;
import dev.holdfast.testbed.qemu.RealProgram.Version;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Compares every display and every device with memory in the QEMU of this machine, in that of the images, and in the model.
 * The page shows the sums; {@code -Dholdfast.golden=write} rewrites it.
 */
@Slow
class RealVariantsTest {
    private static final Path PAGE = Path.of("docs", "memlock.md");
    private static final Pattern TABLE = Pattern.compile("(?s)(?<=<!-- variants -->\n).*?(?=<!-- /variants -->)");
    private static final long GUEST_BYTES = 128L << 20;
    private static final Duration LIMIT = Duration.ofSeconds(60);
    /** Versions on the page. */
    private static final List<Version> VERSIONS = List.of(new Version(7, 2), new Version(10, 0));

    @TempDir
    private Path folder = Path.of("");

    static List<Arguments> variants() {
        return RealProgram.all().stream()
                .flatMap(program -> Variant.all().stream().map(variant -> Arguments.of(program, variant)))
                .toList();
    }

    @ParameterizedTest(name = "{0}, {1}")
    @MethodSource("variants")
    void isTheModelsSum(RealProgram program, Variant variant) throws IOException {
        assertThat(modelled(variant) - variant.slack(program.version())).isEqualTo(measured(program, variant));
    }

    @Test
    void isWhatThePageShows() throws IOException {
        String page = Files.readString(PAGE);
        String table = table();
        if (Golden.isWritten()) {
            page = TABLE.matcher(page).replaceFirst(Matcher.quoteReplacement(table));
            Files.writeString(PAGE, page);
        }

        assertThat(page).contains("<!-- variants -->\n" + table + "<!-- /variants -->");
    }

    private static String table() {
        String head = VERSIONS.stream()
                .map(version -> " QEMU %d.%d |".formatted(version.major(), version.minor()))
                .collect(Collectors.joining("", "| machine | model |", "\n|---|--:|--:|--:|\n"));
        return Variant.all().stream().map(RealVariantsTest::row).collect(Collectors.joining("", head, ""));
    }

    private static String row(Variant variant) {
        long bytes = modelled(variant) - GUEST_BYTES;
        return VERSIONS.stream()
                .map(version -> " %d |".formatted(bytes - variant.slack(version)))
                .collect(Collectors.joining("", "| %s | %d |".formatted(variant.name(), bytes), "\n"));
    }

    private static long modelled(Variant variant) {
        String document = "<domain type='kvm'><memory unit='MiB'>128</memory>"
                + "<os %s><type arch='x86_64' machine='q35'>hvm</type></os>"
                        .formatted(variant.flash() ? "firmware='efi'" : "")
                // The memory modules are not in the memory of the only cell.
                + "<cpu><numa><cell id='0' memory='128' unit='MiB'/></numa></cpu>"
                + "<devices><hostdev mode='subsystem' type='pci'/>" + variant.devices() + "</devices></domain>";
        return ExactPolicy.plan(Domain.readAll(document.getBytes(StandardCharsets.UTF_8), 4096)
                        .getFirst()
                        .input())
                .requiredBytes();
    }

    private long measured(RealProgram program, Variant variant) throws IOException {
        try (PrivateSocket socket = PrivateSocket.in(folder)) {
            List<String> argv = new ArrayList<>(List.of(
                    QemuArgv.PROGRAM,
                    "-machine",
                    "q35,accel=tcg",
                    "-m",
                    "128M,slots=4,maxmem=8G",
                    "-nodefaults",
                    "-no-user-config",
                    "-display",
                    "none",
                    "-S",
                    "-chardev",
                    "socket,id=qmp,path=" + socket.path(),
                    "-mon",
                    "chardev=qmp,mode=control"));
            argv.addAll(variant.argv());
            QemuProcess qemu = QemuProcess.start(program.path(), argv, List.of());
            try (qemu) {
                return DryRun.map(qemu, socket, System.nanoTime() + LIMIT.toNanos())
                        .bytes(4096);
            } catch (IOException | IllegalArgumentException e) {
                qemu.close();
                // Debian 13 has qxl in a package that images do not have.
                assumeThat(qemu.lastOutput()).doesNotContain("is not a valid device model name");
                throw new IOException("%s: %s".formatted(variant.name(), qemu.lastOutput()), e);
            }
        }
    }
}
