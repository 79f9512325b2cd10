package dev.holdfast.launch.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Reads images as ECMA-119 specifies; the VM with cloud-init on the virtual node shows that a kernel reads them too. */
class IsoImageTest {
    private static final int SECTOR = 2048;

    @Test
    void hasTheFilesByTheirNames() throws DiskException {
        byte[] image = IsoImage.of(
                "cidata",
                List.of(
                        file("user-data", "#cloud-config\n").toFile(),
                        file("meta-data", "x".repeat(5000)).toFile(),
                        file("network-config", "").toFile()));

        assertThat(label(image, 16, StandardCharsets.US_ASCII)).isEqualTo("cidata");
        assertThat(label(image, 17, StandardCharsets.UTF_16BE)).isEqualTo("cidata");
        assertThat(files(image, 17, StandardCharsets.UTF_16BE))
                .containsExactly(
                        file("meta-data", "x".repeat(5000)),
                        file("network-config", ""),
                        file("user-data", "#cloud-config\n"));
        assertThat(files(image, 16, StandardCharsets.US_ASCII))
                .extracting(Read::name)
                .containsExactly("META-DATA.;1", "NETWORK-CONFIG.;1", "USER-DATA.;1");
        assertThat(image.length % SECTOR).isZero();
        assertThat(sectors(image)).isEqualTo(image.length / SECTOR);
    }

    @Test
    void supportsMoreFilesThanFitIntoOneSectorOfADirectory() throws DiskException {
        List<IsoFile> files = IntStream.range(0, 200)
                .mapToObj(i -> file("a-key-of-some-length-%03d".formatted(i), "value " + i)
                        .toFile())
                .toList();

        byte[] image = IsoImage.of("cfgdata", files);

        assertThat(files(image, 17, StandardCharsets.UTF_16BE))
                .extracting(Read::name)
                .containsExactlyElementsOf(files.stream().map(IsoFile::name).toList());
        assertThat(files(image, 17, StandardCharsets.UTF_16BE).get(137).content())
                .isEqualTo("value 137");
        assertThat(files(image, 16, StandardCharsets.US_ASCII))
                .hasSize(200)
                .extracting(Read::name)
                .doesNotHaveDuplicates();
    }

    @Test
    void givesUniqueShortNamesToFilesThatDifferAtTheirEndsOnly() throws DiskException {
        String stem = "k".repeat(40);

        byte[] image = IsoImage.of(
                "cfgdata",
                List.of(file(stem + "1", "1").toFile(), file(stem + "2", "2").toFile()));

        assertThat(files(image, 16, StandardCharsets.US_ASCII))
                .extracting(Read::name)
                .doesNotHaveDuplicates();
        assertThat(files(image, 17, StandardCharsets.UTF_16BE))
                .extracting(Read::content)
                .containsExactly("1", "2");
    }

    @Test
    void isTheSameForTheSameFiles() throws DiskException {
        List<IsoFile> files = List.of(file("a", "1").toFile(), file("b", "2").toFile());

        assertThat(IsoImage.of("cfgdata", files)).isEqualTo(IsoImage.of("cfgdata", files.reversed()));
    }

    @Test
    void refusesANameThatIsTooLong() {
        assertThatExceptionOfType(DiskException.class)
                .isThrownBy(() ->
                        IsoImage.of("cfgdata", List.of(file("k".repeat(65), "").toFile())))
                .satisfies(e -> assertThat(e.message()).contains("has 65 characters", "must have at most 64"));
    }

    private record Read(String name, String content) {
        IsoFile toFile() {
            return new IsoFile(name, content.getBytes(StandardCharsets.UTF_8));
        }
    }

    private static Read file(String name, String content) {
        return new Read(name, content);
    }

    private static String label(byte[] image, int sector, java.nio.charset.Charset charset) {
        assertThat(new String(image, sector * SECTOR + 1, 5, StandardCharsets.US_ASCII))
                .isEqualTo("CD001");
        return new String(image, sector * SECTOR + 40, 32, charset).strip();
    }

    private static int sectors(byte[] image) {
        return little(image, 16 * SECTOR + 80);
    }

    private static List<Read> files(byte[] image, int sector, java.nio.charset.Charset charset) {
        int root = sector * SECTOR + 156;
        int start = little(image, root + 2) * SECTOR;
        int end = start + little(image, root + 10);
        List<Read> files = new ArrayList<>();
        for (int at = start; at < end; ) {
            int length = image[at] & 0xff;
            if (length == 0) {
                at = (at / SECTOR + 1) * SECTOR;
                continue;
            }
            assertThat(at / SECTOR).as("no record crosses a sector").isEqualTo((at + length - 1) / SECTOR);
            boolean directory = (image[at + 25] & 2) != 0;
            if (!directory) {
                int content = little(image, at + 2) * SECTOR;
                files.add(file(
                        new String(image, at + 33, image[at + 32], charset),
                        new String(image, content, little(image, at + 10), StandardCharsets.UTF_8)));
            }
            at += length;
        }
        return files;
    }

    private static int little(byte[] image, int at) {
        return ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN).getInt(at);
    }
}
