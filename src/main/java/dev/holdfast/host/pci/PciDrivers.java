package dev.holdfast.host.pci;

import dev.holdfast.pci.PciAddress;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotLinkException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Drivers of PCI functions, and the single steps of changing them (Linux, Documentation/ABI/testing/sysfs-bus-pci). Uses
 * {@code driver_override}, never {@code new_id}, which would bind every device of the model, also one that is added later.
 *
 * <p>Writing waits for the driver: a driver whose device is in use may block the writer for as long as it is.
 *
 * @param root   where sysfs is mounted, usually {@code /sys}
 * @param writer writes a file
 */
public record PciDrivers(Path root, Writer writer) {
    /** Remedy for an agent that may not change drivers. */
    public static final String NEEDS_OVERLAY =
            "install the overlay overlays/bind, which lets agents write to sysfs (kubectl apply -k overlays/bind)";

    /** Content of driver_override when there is none: printf's rendering of a null pointer. */
    private static final String NO_OVERRIDE = "(null)";

    /** Opens existing files only: in sysfs only the kernel creates files. */
    private static final OpenOption[] AS_IT_IS = {StandardOpenOption.WRITE};

    /** Writes to an existing file; in sysfs this calls the kernel. */
    @FunctionalInterface
    public interface Writer {
        void write(Path file, String text) throws IOException;
    }

    /** Uses a sysfs that is written as files. */
    public PciDrivers(Path root) {
        this(root, (file, text) -> Files.writeString(file, text, StandardCharsets.US_ASCII, AS_IT_IS));
    }

    /** Returns whether drivers can be changed at all; false in a container with a read-only sysfs. */
    public boolean writable() {
        return Files.isWritable(probeFile());
    }

    /** Returns whether a driver is loaded. */
    public boolean hasDriver(String driver) {
        return Files.isDirectory(root.resolve("bus/pci/drivers").resolve(driver));
    }

    /** Returns whether the function is on the bus. */
    public boolean present(PciAddress address) {
        return Files.isDirectory(device(address));
    }

    /**
     * Returns the driver that the function is bound to.
     *
     * @return empty for none
     */
    public Optional<String> driver(PciAddress address) throws IOException {
        try {
            return Optional.of(String.valueOf(
                    Files.readSymbolicLink(device(address).resolve("driver")).getFileName()));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (NotLinkException e) {
            throw new IOException("found " + e.getFile() + ", which must be a symbolic link", e);
        }
    }

    /** Returns the only driver that may be bound to the function; empty for any driver that supports it. */
    public Optional<String> override(PciAddress address) throws IOException {
        String text = Files.readString(device(address).resolve("driver_override"), StandardCharsets.US_ASCII)
                .strip();
        return text.isEmpty() || text.equals(NO_OVERRIDE) ? Optional.empty() : Optional.of(text);
    }

    /**
     * Sets the only driver that may be bound to the function. The current driver stays bound.
     *
     * @param driver null for any driver that supports it
     * @throws IOException with a message for users
     */
    public void setOverride(PciAddress address, @Nullable String driver) throws IOException {
        write(device(address).resolve("driver_override"), Objects.requireNonNullElse(driver, ""));
    }

    /**
     * Unbinds the function from its driver; does nothing when it has none.
     *
     * @throws IOException with a message for users
     */
    public void unbind(PciAddress address) throws IOException {
        Path unbind = device(address).resolve("driver/unbind");
        if (Files.exists(unbind)) {
            write(unbind, address.toString());
        }
    }

    /**
     * Lets the kernel look for a driver. Not finding any is not an error here: see {@link #driver}.
     *
     * @throws IOException with a message for users
     */
    public void probe(PciAddress address) throws IOException {
        write(probeFile(), address.toString());
    }

    private Path probeFile() {
        return root.resolve("bus/pci/drivers_probe");
    }

    private Path device(PciAddress address) {
        return root.resolve("bus/pci/devices").resolve(address.toString());
    }

    private void write(Path file, String text) throws IOException {
        try {
            // The line feed is required: a write of no bytes does not reach the kernel.
            writer.write(file, text + "\n");
        } catch (NoSuchFileException e) {
            throw new IOException("found no file " + file + "; check that the device is still on the bus", e);
        } catch (AccessDeniedException e) {
            throw new IOException("permission denied to write " + file + "; " + NEEDS_OVERLAY, e);
        } catch (IOException e) {
            String cause = Objects.toString(e.getMessage(), e.toString());
            throw new IOException(
                    cause.contains("Read-only file system")
                            ? "found " + file + " read-only; " + NEEDS_OVERLAY
                            : "the kernel refused \"" + text + "\" in " + file + " (" + cause
                                    + "); see the kernel log (dmesg)",
                    e);
        }
    }
}
