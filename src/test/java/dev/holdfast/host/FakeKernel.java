package dev.holdfast.host;

import dev.holdfast.host.pci.PciAddress;
import dev.holdfast.host.pci.PciDrivers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a kernel does when somebody writes into a {@link FakeSysfs}: drivers let go and take, as driver_override allows.
 * It can be told to fail at a write, or to stop there as a killed agent does.
 */
public final class FakeKernel implements PciDrivers.Writer {
    private static final String NO_OVERRIDE = "(null)";

    private final Path root;
    private final Map<String, String> natural = new HashMap<>();
    private final Map<Integer, RuntimeException> ends = new HashMap<>();
    private final Map<Integer, IOException> failures = new HashMap<>();
    private final List<String> writes = new ArrayList<>();

    public FakeKernel(Path root) {
        this.root = root;
        put(root.resolve("bus/pci/drivers_probe"), "");
    }

    public PciDrivers drivers() {
        return new PciDrivers(root, this);
    }

    /** The function has this driver now, and would get it again when nothing else is said. */
    public FakeKernel has(String address, @Nullable String driver) {
        put(device(address).resolve("driver_override"), NO_OVERRIDE + "\n");
        if (driver != null) {
            natural.put(address, driver);
            load(driver);
            link(address, driver);
        }
        return this;
    }

    /** A driver is there to take devices. */
    public FakeKernel load(String driver) {
        put(driver(driver).resolve("unbind"), "");
        return this;
    }

    /** And gone, once it has no device. */
    public FakeKernel unload(String driver) {
        try {
            Files.delete(driver(driver).resolve("unbind"));
            Files.delete(driver(driver));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return this;
    }

    /** The write of that number, from 0 on, fails and changes nothing. */
    public FakeKernel failAt(int write) {
        failures.put(write, new IOException("Device or resource busy"));
        return this;
    }

    /** The writer is killed before the write of that number, from 0 on. */
    public FakeKernel killAt(int write) {
        ends.put(write, new IllegalStateException("killed"));
        return this;
    }

    /** As {@code file: text}, those that failed among them. */
    public List<String> writes() {
        return writes;
    }

    /** Driver and override of a function, for assertions: {@code nouveau} or {@code vfio-pci by vfio-pci}. */
    public String state(String address) {
        try {
            PciAddress parsed = PciAddress.parse(address);
            return drivers().driver(parsed).orElse("none")
                    + drivers().override(parsed).map(by -> " by " + by).orElse("");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void write(Path file, String text) throws IOException {
        int number = writes.size();
        writes.add(root.relativize(file) + ": " + text.strip());
        if (ends.containsKey(number)) {
            throw ends.get(number);
        }
        if (failures.containsKey(number)) {
            throw failures.get(number);
        }
        if (file.endsWith("driver_override")) {
            put(file, (text.isBlank() ? NO_OVERRIDE : text.strip()) + "\n");
        } else if (file.endsWith("unbind")) {
            Files.delete(device(text.strip()).resolve("driver"));
        } else if (file.endsWith("drivers_probe")) {
            probe(text.strip());
        } else {
            throw new IOException("Permission denied");
        }
    }

    private void probe(String address) throws IOException {
        PciAddress parsed = PciAddress.parse(address);
        if (drivers().driver(parsed).isPresent()) {
            return;
        }
        Optional<String> taker = drivers().override(parsed).or(() -> Optional.ofNullable(natural.get(address)));
        taker.filter(driver -> Files.isDirectory(driver(driver))).ifPresent(driver -> link(address, driver));
    }

    private Path device(String address) {
        return root.resolve("bus/pci/devices").resolve(address);
    }

    private Path driver(String name) {
        return root.resolve("bus/pci/drivers").resolve(name);
    }

    private void link(String address, String driver) {
        try {
            Path link = device(address).resolve("driver");
            Files.deleteIfExists(link);
            Files.createSymbolicLink(link, driver(driver));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static void put(Path file, String text) {
        try {
            Files.createDirectories(file.getParent());
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
