package dev.holdfast.host.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.holdfast.host.kernel.OpenFile.Kind;
import dev.holdfast.host.kernel.RefusedFileException.Reason;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OpenFileTest {
    private static final int ENOUGH = 200;

    @TempDir
    private Path root = Path.of("");

    private Path folder = Path.of("");

    @BeforeEach
    void makeFolder() throws IOException {
        folder = Files.createDirectories(root.resolve("volume"));
        Files.writeString(root.resolve("stolen"), "stolen");
        Files.writeString(folder.resolve("file"), "own");
        Files.createDirectories(folder.resolve("inner"));
        Files.writeString(folder.resolve("inner/file"), "own");
        Files.createSymbolicLink(folder.resolve("out"), root);
        Files.createSymbolicLink(folder.resolve("magic"), Path.of("/proc/self/root"));
    }

    @ParameterizedTest
    @CsvSource({
        "none, MISSING",
        "file/none, MISSING",
        "../stolen, OUTSIDE",
        "inner/../../stolen, OUTSIDE",
        "out/stolen, OUTSIDE",
        "magic/etc/hostname, OUTSIDE",
        "/etc/hostname, OUTSIDE",
        "inner, OTHER_KIND"
    })
    void reportsWhyAFileMustNotBeUsed(String name, Reason reason) {
        RefusedFileException e = catchThrowableOfType(
                RefusedFileException.class, () -> OpenFile.beneath(folder, name, Kind.REGULAR_FILE, false));

        assertThat(e.reason()).isEqualTo(reason);
    }

    @Test
    void opensForReadingOnlyUnlessWritable() throws IOException {
        try (OpenFile read = OpenFile.beneath(folder, "inner/../file", Kind.REGULAR_FILE, false);
                OpenFile write = OpenFile.beneath(folder, "file", Kind.REGULAR_FILE, true)) {
            assertThat(flags(read)).endsWith("0");
            assertThat(flags(write)).endsWith("2");
            assertThat(read.path()).hasContent("own");
        }
    }

    /** The folder of temporary files may be on a file system that does not support it. */
    @Test
    void bypassesThePageCacheByTheDescriptorOnly() throws IOException {
        try (OpenFile file = OpenFile.beneath(folder, "file", Kind.REGULAR_FILE, true)) {
            try {
                file.bypassPageCache();
            } catch (ErrnoException e) {
                assertThat(e.errno()).isEqualTo(Errno.EINVAL);
                assertThat(e).hasMessageContaining("cannot bypass the page cache");
                Assumptions.abort("the file system cannot bypass the page cache");
            }

            // O_DIRECT of x86 and of arm64.
            assertThat(Integer.parseInt(flags(file).replaceFirst("flags:\\s*", ""), 8) & 0x1_4000)
                    .isNotZero();
            assertThat(file.path()).hasContent("own");
        }
    }

    /** While a folder is repeatedly replaced by a link that leads out, each call opens the right file or none. */
    @Test
    void neverLeavesTheFolderHoweverItIsChangedMeanwhile() throws Exception {
        Path link = Files.createSymbolicLink(root.resolve("link"), root);
        Path own = folder.resolve("swapped");
        Files.writeString(root.resolve("file"), "stolen");
        AtomicBoolean done = new AtomicBoolean();
        Thread swapper = Thread.ofPlatform().start(() -> {
            while (!done.get()) {
                swap(link, own);
            }
        });
        int opened = 0;
        int refused = 0;
        try {
            while (opened < ENOUGH || refused < ENOUGH) {
                try (OpenFile file = OpenFile.beneath(folder, "swapped/file", Kind.REGULAR_FILE, false)) {
                    assertThat(file.path()).hasContent("own");
                    opened++;
                } catch (RefusedFileException e) {
                    assertThat(e.reason()).isIn(Reason.MISSING, Reason.OUTSIDE);
                    refused += e.reason() == Reason.OUTSIDE ? 1 : 0;
                }
            }
        } finally {
            done.set(true);
            swapper.join();
        }
    }

    private void swap(Path link, Path place) {
        try {
            Files.move(folder.resolve("inner"), place);
            Files.move(place, folder.resolve("inner"));
            Files.move(link, place);
            Files.move(place, link);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String flags(OpenFile file) throws IOException {
        return Files.readAllLines(Path.of("/proc/self/fdinfo", Integer.toString(file.descriptor()))).stream()
                .filter(line -> line.startsWith("flags:"))
                .findFirst()
                .orElseThrow();
    }
}
