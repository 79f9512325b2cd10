package dev.holdfast.qemu.dryrun;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.memlock.Exact;
import dev.holdfast.memlock.domain.Domain;
import dev.holdfast.qemu.QemuArgv;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/**
 * Every display and every device with memory, in the QEMU of this machine and in the model. The page shows both sums; with
 * {@code -Dholdfast.golden=write} it is written again.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RealVariantsTest {
    private static final Path PAGE = Path.of("docs", "memlock.md");
    private static final Pattern TABLE = Pattern.compile("(?s)(?<=<!-- variants -->\n).*?(?=<!-- /variants -->)");
    private static final long GUEST_BYTES = 128L << 20;
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final List<Variant> VARIANTS = variants();

    private final Map<String, Long> measured = new LinkedHashMap<>();

    @TempDir
    private Path folder = Path.of("");

    private static List<Variant> variants() {
        String ovmf = "/usr/share/OVMF/OVMF_CODE_4M.fd";
        String flash = "-drive if=pflash,format=raw,readonly=on,file=" + ovmf;
        List<Variant> variants = new ArrayList<>(Variant.all());
        variants.add(Variant.plain("UEFI in flash", "<!--flash-->", flash));
        variants.add(Variant.plain(
                "UEFI in flash, video bochs",
                "<!--flash--><video><model type='bochs'/></video>",
                flash + " -device bochs-display"));
        return List.copyOf(variants);
    }

    @BeforeAll
    void askQemu() throws IOException {
        for (Variant variant : VARIANTS) {
            measured.put(variant.name(), measured(variant));
        }
    }

    @ParameterizedTest
    @FieldSource("VARIANTS")
    void isTheModelsSum(Variant variant) {
        assertThat(modelled(variant) - variant.slack()).as(variant.name()).isEqualTo(measured.get(variant.name()));
    }

    @Test
    void isWhatThePageShows() throws IOException {
        String page = Files.readString(PAGE);
        String table = table();
        if ("write".equals(System.getProperty("holdfast.golden"))) {
            page = TABLE.matcher(page).replaceFirst(Matcher.quoteReplacement(table));
            Files.writeString(PAGE, page);
        }

        assertThat(page).contains("<!-- variants -->\n" + table + "<!-- /variants -->");
    }

    private String table() {
        return VARIANTS.stream()
                .map(variant -> "| %s | %d | %d |%n"
                        .formatted(
                                variant.name(),
                                modelled(variant) - GUEST_BYTES,
                                measured.getOrDefault(variant.name(), -1L) - GUEST_BYTES))
                .collect(Collectors.joining("", "| machine | model | QEMU |\n|---|--:|--:|\n", ""));
    }

    private static long modelled(Variant variant) {
        boolean flash = variant.devices().contains("<!--flash-->");
        String document = "<domain type='kvm'><memory unit='MiB'>128</memory>"
                + "<os %s><type arch='x86_64' machine='q35'>hvm</type></os>".formatted(flash ? "firmware='efi'" : "")
                // The modules are beyond the memory of the only cell.
                + "<cpu><numa><cell id='0' memory='128' unit='MiB'/></numa></cpu>"
                + "<devices><hostdev mode='subsystem' type='pci'/>" + variant.devices() + "</devices></domain>";
        return Exact.plan(Domain.read(document.getBytes(StandardCharsets.UTF_8), 4096)
                        .input())
                .requiredBytes();
    }

    private long measured(Variant variant) throws IOException {
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
            QemuProcess qemu = QemuProcess.start(qemu(), argv, List.of());
            try (qemu) {
                return DryRun.map(qemu, socket, System.nanoTime() + LIMIT.toNanos())
                        .bytes(4096);
            } catch (IOException | IllegalArgumentException e) {
                qemu.close();
                throw new IOException("%s: %s".formatted(variant.name(), qemu.lastWords()), e);
            }
        }
    }

    private static Path qemu() {
        return Stream.of(System.getenv("PATH").split(":"))
                .map(path -> Path.of(path, QemuArgv.PROGRAM))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(() -> new AssertionError("this test needs " + QemuArgv.PROGRAM + "; install QEMU"));
    }
}
