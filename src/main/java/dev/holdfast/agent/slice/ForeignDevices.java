package dev.holdfast.agent.slice;

import com.fasterxml.jackson.core.JsonParser;
import dev.holdfast.agent.apiserver.JsonFields;
import dev.holdfast.api.Names;
import dev.holdfast.api.StandardAttributes;
import dev.holdfast.pci.PciAddress;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Devices that other drivers offer in ResourceSlices of this node, reduced to names and PCI addresses. What a driver writes
 * into its slices is not trusted: their number is bounded here, and an address is only where sysfs is read.
 *
 * @param slices    slices, of all generations of their pools
 * @param truncated whether there are more, which were not read
 */
public record ForeignDevices(List<Slice> slices, boolean truncated) {
    /** Maximum number of slices that are read; drivers publish one or a few for a node. */
    public static final int MAX_SLICES = 64;

    /** Maximum number of devices that are kept. */
    static final int MAX_DEVICES = 2048;

    public static final ForeignDevices NONE = new ForeignDevices(List.of(), false);

    public ForeignDevices {
        slices = List.copyOf(slices);
    }

    /**
     * Slice of a driver.
     *
     * @param generation generation of its pool: only the slices of the highest one count
     * @param slices     number of slices of the pool in this generation
     */
    public record Slice(String driver, String pool, long generation, long slices, List<Device> devices) {
        public Slice {
            devices = List.copyOf(devices);
        }
    }

    /**
     * Device of a slice.
     *
     * @param pciBusID value of {@code resource.kubernetes.io/pciBusID}; empty for none
     */
    public record Device(String name, String pciBusID) {
        /** Returns the address; empty when the attribute is absent or is no address. */
        Optional<PciAddress> address() {
            return Optional.of(pciBusID).filter(PciAddress::isAddress).map(PciAddress::parse);
        }
    }

    /** Result of a search for a device. */
    public sealed interface Found {
        record At(PciAddress address) implements Found {}

        /** The driver is publishing the pool at this moment. */
        record Incomplete(String message) implements Found {}

        /** @param message what was found and is required, to follow the name of the device */
        record Missing(String message) implements Found {}
    }

    /** Device that has a PCI function, by its driver's slices. */
    public record Offer(String driver, String pool, String device, PciAddress address) {}

    /** Reads a list of ResourceSlices; those of Holdfast are left out. */
    public static ForeignDevices read(JsonParser list) throws IOException {
        List<Slice> slices = new ArrayList<>();
        int[] devices = {0};
        boolean[] truncated = {false};
        JsonFields.read(list, (field, json) -> {
            switch (field) {
                case "metadata" ->
                    JsonFields.read(json, (part, value) -> {
                        if (part.equals("continue")) {
                            truncated[0] |= !"".equals(value.getText());
                        }
                    });
                case "items" ->
                    JsonFields.each(json, item -> {
                        Slice slice = ForeignSliceReader.read(item);
                        devices[0] += slice.devices().size();
                        if (slices.size() == MAX_SLICES || devices[0] > MAX_DEVICES) {
                            truncated[0] = true;
                        } else if (!slice.driver().equals(Names.DRA_DRIVER)) {
                            slices.add(slice);
                        }
                    });
                default -> {}
            }
        });
        return new ForeignDevices(slices, truncated[0]);
    }

    /** Finds a device as a claim names it. Only the newest generation of its pool counts, and only when it is complete. */
    public Found find(String driver, String pool, String device) {
        if (truncated) {
            return new Found.Missing("but driver " + driver + " has more than " + MAX_SLICES + " ResourceSlices or "
                    + MAX_DEVICES + " devices for this node; at most that many are supported");
        }
        List<Slice> newest = newest(driver, pool);
        if (newest.isEmpty()) {
            return new Found.Missing("but driver " + driver + " has no ResourceSlice of pool " + pool
                    + " for this node; delete the pod, so that it is scheduled again");
        }
        if (!complete(newest)) {
            return new Found.Incomplete("driver " + driver + " has published " + newest.size() + " of "
                    + newest.getFirst().slices() + " ResourceSlices of pool " + pool + " so far");
        }
        Optional<Device> found = newest.stream()
                .flatMap(slice -> slice.devices().stream())
                .filter(one -> one.name().equals(device))
                .findFirst();
        if (found.isEmpty()) {
            return new Found.Missing("which is not in the ResourceSlices of driver " + driver
                    + " for this node; delete the pod, so that it is scheduled again");
        }
        return found.flatMap(Device::address)
                .<Found>map(Found.At::new)
                .orElseGet(() -> new Found.Missing(
                        found.get().pciBusID().isEmpty()
                                ? "which has no attribute " + StandardAttributes.PCI_BUS_ID
                                        + " in its ResourceSlice; use a driver that publishes it, or a device class of"
                                        + " Holdfast"
                                : "whose attribute " + StandardAttributes.PCI_BUS_ID
                                        + " is not a PCI address such as 0000:65:00.0; update driver " + driver));
    }

    /** Returns the devices with a PCI function in complete pools, in their newest generation. */
    public List<Offer> offers() {
        return slices.stream()
                .map(slice -> new Key(slice.driver(), slice.pool()))
                .distinct()
                .map(key -> newest(key.driver(), key.pool()))
                .filter(ForeignDevices::complete)
                .flatMap(List::stream)
                .flatMap(slice -> slice.devices().stream()
                        .flatMap(device -> device.address().stream()
                                .map(address -> new Offer(slice.driver(), slice.pool(), device.name(), address))))
                .toList();
    }

    private record Key(String driver, String pool) {}

    private List<Slice> newest(String driver, String pool) {
        List<Slice> all = slices.stream()
                .filter(slice -> slice.driver().equals(driver) && slice.pool().equals(pool))
                .toList();
        long generation = all.stream().mapToLong(Slice::generation).max().orElse(0);
        return all.stream().filter(slice -> slice.generation() == generation).toList();
    }

    private static boolean complete(List<Slice> newest) {
        return newest.stream().allMatch(slice -> slice.slices() == newest.size());
    }
}
