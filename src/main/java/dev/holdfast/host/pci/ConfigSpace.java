package dev.holdfast.host.pci;

import dev.holdfast.pci.PciAddress;
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
 * Configuration space of PCI functions: checks whether they respond, and resets them. Other files in sysfs show what the
 * kernel stored when it found the device; these accesses reach the device itself.
 *
 * @param root where sysfs is mounted, usually {@code /sys}
 */
public record ConfigSpace(Path root) {
    /**
     * Offset of revision and class code. The vendor ID before them is not used: by specification it reads as all ones in a
     * virtual function (SR-IOV 1.1, 3.4.1.1).
     */
    private static final int CLASS_REVISION = 8;

    private static final int CLASS_REVISION_END = 12;
    private static final byte ALL_ONES = (byte) 0xff;

    /**
     * Returns whether the function responds. A function that has dropped off its bus, or is stuck in a failed reset, reads
     * as all ones.
     *
     * @return true also when the file does not exist: the function has then left the bus, which is reported elsewhere
     */
    public boolean responds(PciAddress address) {
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
            // The kernel returns EIO for a device that it has marked as disconnected.
            return false;
        }
    }

    /**
     * Lets the kernel reset the function by the best method that it knows. Must not be called for a function in use.
     *
     * @throws IOException with a message for users, when there is no reset method, or sysfs may not be written
     */
    public void reset(PciAddress address) throws IOException {
        Path reset = file(address, "reset");
        try {
            Files.write(reset, new byte[] {'1'}, StandardOpenOption.WRITE);
        } catch (NoSuchFileException e) {
            throw new IOException("the kernel knows no way to reset " + address, e);
        } catch (AccessDeniedException e) {
            throw new IOException(reset + " cannot be written: permission denied", e);
        } catch (FileSystemException e) {
            String reason = e.getReason();
            throw new IOException(
                    reset + " cannot be written" + (reason == null ? "" : " (" + reason.toLowerCase(Locale.ROOT) + ")"),
                    e);
        } catch (IOException e) {
            throw new IOException("the reset of " + address + " failed (" + e.getMessage() + ")", e);
        }
    }

    private Path file(PciAddress address, String name) {
        return root.resolve("bus/pci/devices").resolve(address.toString()).resolve(name);
    }
}
