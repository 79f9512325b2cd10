package dev.holdfast.host.pci;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.pci.PciAddress;
import dev.holdfast.testbed.fixtures.SysfsTree;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A device drops off the bus while it is read: once after each of the reads. */
class VanishingFunctionTest {
    private static final String DEVICE = "0000:31:00.0";
    private static final int MORE_READS_THAN_IT_TAKES = 64;

    @TempDir
    Path directory;

    @BeforeEach
    void twoCards() {
        SysfsTree.make("broken-device", directory);
    }

    @Test
    void skipsADeviceThatVanishesAfterAnyRead() throws IOException {
        int left = 0;
        for (int reads = 0; reads < MORE_READS_THAN_IT_TAKES; reads++) {
            PciScan scan = scan(new Vanishing(reads, true));

            assertThat(scan.functions()).hasSizeBetween(4, 5);
            assertThat(scan.unread())
                    .noneMatch(unread -> unread.address().toString().equals(DEVICE));
            if (scan.functions().size() == 4) {
                left++;
                assertThat(scan.problems())
                        .contains("skipped PCI function " + DEVICE + ", since it left the bus while it was read");
            }
        }
        assertThat(left).as("reads for a device").isBetween(10, MORE_READS_THAN_IT_TAKES - 1);
    }

    @Test
    void remembersAPresentDeviceThatStopsResponding() throws IOException {
        int left = 0;
        for (int reads = 1; reads < MORE_READS_THAN_IT_TAKES; reads++) {
            PciScan scan = scan(new Vanishing(reads, false));

            if (scan.functions().size() == 4) {
                left++;
                // By the link in the group's list, as the device's own cannot be read any more.
                assertThat(scan.unread()).contains(new PciScan.Unread(PciAddress.parse(DEVICE), 83));
            }
        }
        assertThat(left).isGreaterThan(9);
    }

    private PciScan scan(SysfsFiles files) throws IOException {
        return new Sysfs(directory, PciIds.none(), files, null).scan();
    }

    /** Files of which those of one device fail after a number of reads. */
    private static final class Vanishing implements SysfsFiles {
        private final boolean gone;
        private int left;

        /**
         * Counts reads.
         *
         * @param reads number of reads that succeed
         * @param gone  whether its directory has vanished then; otherwise its files fail with ENODEV, as while it is being
         *              removed
         */
        Vanishing(int reads, boolean gone) {
            this.left = reads;
            this.gone = gone;
        }

        @Override
        public Set<String> names(Path directory) throws IOException {
            if (isDevice(directory) && left-- <= 0 && gone) {
                throw new NoSuchFileException(directory.toString());
            }
            return DISK.names(directory);
        }

        @Override
        public String text(Path file) throws IOException {
            check(file);
            return DISK.text(file);
        }

        @Override
        public Path link(Path link) throws IOException {
            check(link);
            return DISK.link(link);
        }

        private void check(Path file) throws IOException {
            if ((isDevice(file) || isDevice(Objects.requireNonNull(file.getParent()))) && left-- <= 0) {
                throw gone
                        ? new NoSuchFileException(file.toString())
                        : new FileSystemException(file.toString(), null, "No such device");
            }
        }

        private static boolean isDevice(Path path) {
            return String.valueOf(path.getFileName()).equals(DEVICE);
        }
    }
}
