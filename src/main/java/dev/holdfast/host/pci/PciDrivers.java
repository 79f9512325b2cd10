package dev.holdfast.host.pci;

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
 * Which driver a PCI function has, and the single steps to another (Linux, Documentation/ABI/testing/sysfs-bus-pci).
 * {@code driver_override}, never {@code new_id}: that would claim every device of the model, also tomorrow's.
 *
 * <p>Writing waits for the driver: one whose device is in use may keep the writer waiting for as long as that lasts.
 *
 * @param root   where sysfs is mounted, usually {@code /sys}
 * @param writer how a file is written
 */
public record PciDrivers(Path root, Writer writer) {
    /** What an agent lacks that may not change drivers. */
    public static final String NEEDS_OVERLAY =
            "install the overlay overlays/bind, which lets agents write to sysfs (kubectl apply -k overlays/bind)";

    /** What stands in driver_override when there is none: printf's rendering of a null pointer. */
    private static final String NO_OVERRIDE = "(null)";

    /** Opens what is there and makes nothing: sysfs has no files but the kernel's. */
    private static final OpenOption[] AS_IT_IS = {StandardOpenOption.WRITE};

    /** Writes into a file that is there; with sysfs this calls the kernel. */
    @FunctionalInterface
    public interface Writer {
        void write(Path file, String text) throws IOException;
    }

    /** Of a sysfs whose files are the kernel's. */
    public PciDrivers(Path root) {
        this(root, (file, text) -> Files.writeString(file, text, StandardCharsets.US_ASCII, AS_IT_IS));
    }

    /** Whether drivers can be changed at all: no in a container that sees sysfs read-only. */
    public boolean writable() {
        return Files.isWritable(probeFile());
    }

    /** Whether a driver is there to be bound to. */
    public boolean hasDriver(String driver) {
        return Files.isDirectory(root.resolve("bus/pci/drivers").resolve(driver));
    }

    /** Whether the function is on the bus. */
    public boolean present(PciAddress address) {
        return Files.isDirectory(device(address));
    }

    /**
     * The driver that has the function now.
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
            throw new IOException("found " + e.getFile() + " to be no symbolic link, as sysfs has it there", e);
        }
    }

    /** The only driver that may take the function; empty when any that knows it may. */
    public Optional<String> override(PciAddress address) throws IOException {
        String text = Files.readString(device(address).resolve("driver_override"), StandardCharsets.US_ASCII)
                .strip();
        return text.isEmpty() || text.equals(NO_OVERRIDE) ? Optional.empty() : Optional.of(text);
    }

    /**
     * Says which driver alone may take the function. Nothing moves yet.
     *
     * @param driver null for any that knows it
     * @throws IOException with a sentence for a person
     */
    public void setOverride(PciAddress address, @Nullable String driver) throws IOException {
        write(device(address).resolve("driver_override"), Objects.requireNonNullElse(driver, ""));
    }

    /**
     * Takes the function from its driver; does nothing when it has none.
     *
     * @throws IOException with a sentence for a person
     */
    public void unbind(PciAddress address) throws IOException {
        Path unbind = device(address).resolve("driver/unbind");
        if (Files.exists(unbind)) {
            write(unbind, address.toString());
        }
    }

    /**
     * Lets the kernel look for a driver. That none is found is no error here: look at {@link #driver}.
     *
     * @throws IOException with a sentence for a person
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
            // The line feed is needed: a write of nothing at all would not reach the kernel.
            writer.write(file, text + "\n");
        } catch (NoSuchFileException e) {
            throw new IOException("found no file " + file + "; is the device still on the bus?", e);
        } catch (AccessDeniedException e) {
            throw new IOException("may not write " + file + "; " + NEEDS_OVERLAY, e);
        } catch (IOException e) {
            String why = Objects.toString(e.getMessage(), e.toString());
            throw new IOException(
                    why.contains("Read-only file system")
                            ? "found " + file + " read-only; " + NEEDS_OVERLAY
                            : "the kernel refused \"" + text + "\" in " + file + " (" + why
                                    + "); its log (dmesg) may say why",
                    e);
        }
    }
}
