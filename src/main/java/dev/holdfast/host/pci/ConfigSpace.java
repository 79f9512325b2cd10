package dev.holdfast.host.pci;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;

/**
 * The configuration space of PCI functions: whether they answer, and their reset. What sysfs tells elsewhere the kernel
 * remembers from the time when it found the device; this asks the device.
 *
 * @param root where sysfs is mounted, usually {@code /sys}
 */
public record ConfigSpace(Path root) {
    /**
     * Revision and class code. Not the vendor ID before them: in a virtual function that reads as all ones by
     * specification (SR-IOV 1.1, 3.4.1.1).
     */
    private static final int CLASS_REVISION = 8;

    private static final int CLASS_REVISION_END = 12;
    private static final byte ALL_ONES = (byte) 0xff;

    /**
     * Whether the function answers. A function that has fallen off its bus, or is stuck in a failed reset, reads as all
     * ones.
     *
     * @return true too when there is nothing to be read: then it has left the bus, and that is another matter
     */
    public boolean answers(PciAddress address) {
        try (InputStream in = Files.newInputStream(file(address, "config"))) {
            byte[] header = in.readNBytes(CLASS_REVISION_END);
            for (int i = CLASS_REVISION; i < header.length; i++) {
                if (header[i] != ALL_ONES) {
                    return true;
                }
            }
            return header.length < CLASS_REVISION_END;
        } catch (NoSuchFileException e) {
            return true;
        } catch (IOException e) {
            // The kernel answers EIO for a device that it has given up.
            return false;
        }
    }

    /**
     * Has the kernel reset the function by the best method that it knows. Not for one that is in use.
     *
     * @throws IOException with a sentence for a person, when it has no method, or sysfs is not ours to write
     */
    public void reset(PciAddress address) throws IOException {
        Path reset = file(address, "reset");
        try {
            Files.write(reset, new byte[] {'1'}, StandardOpenOption.WRITE);
        } catch (NoSuchFileException e) {
            throw new IOException("the kernel knows no way to reset " + address, e);
        } catch (AccessDeniedException e) {
            throw new IOException(reset + " may not be written", e);
        } catch (FileSystemException e) {
            String reason = e.getReason();
            throw new IOException(
                    reset + " was not taken" + (reason == null ? "" : " (" + reason.toLowerCase(Locale.ROOT) + ")"), e);
        } catch (IOException e) {
            throw new IOException("the reset of " + address + " failed (" + e.getMessage() + ")", e);
        }
    }

    private Path file(PciAddress address, String name) {
        return root.resolve("bus/pci/devices").resolve(address.toString()).resolve(name);
    }
}
