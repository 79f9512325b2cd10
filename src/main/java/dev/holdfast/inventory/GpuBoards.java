package dev.holdfast.inventory;

import dev.holdfast.host.pci.PciFunction;
import dev.holdfast.host.pci.Sriov;
import dev.holdfast.pci.PciAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Functions on the board of a GPU other than the GPU: sound, USB, the controllers of a USB-C port, in groups of their own
 * where the board isolates them. Recognized by the position on the bus: another function of the same device, or below the
 * same switch of the GPU's vendor (as on Arc and Radeon cards). A switch of another vendor belongs to the host, and a
 * root port to a slot.
 */
final class GpuBoards {
    private final Map<PciAddress, PciFunction> functions = new HashMap<>();

    /** The first GPU by each identifier of its board. */
    private final Map<String, PciAddress> gpus = new HashMap<>();

    private GpuBoards() {}

    static GpuBoards of(List<PciFunction> functions) {
        GpuBoards boards = new GpuBoards();
        functions.forEach(function -> boards.functions.put(function.address(), function));
        functions.stream()
                .filter(function -> gpu(function) && !(function.sriov() instanceof Sriov.Virtual))
                .forEach(gpu -> boards.identifiers(gpu, gpu.vendorID())
                        .forEach(mark -> boards.gpus.putIfAbsent(mark, gpu.address())));
        return boards;
    }

    /**
     * Returns the GPU on whose board the functions are; empty when one of them is a GPU itself, or none is on a GPU's board.
     */
    Optional<PciAddress> gpuOnSameBoard(List<PciFunction> members) {
        return members.stream().anyMatch(GpuBoards::gpu)
                ? Optional.empty()
                : members.stream()
                        .flatMap(member -> identifiers(member, null))
                        .flatMap(mark -> Stream.ofNullable(gpus.get(mark)))
                        .findFirst();
    }

    private static boolean gpu(PciFunction function) {
        return function.display() || function.accelerator();
    }

    /**
     * Returns the identifiers of the board that a function is on.
     *
     * @param vendor only switches of this vendor count; null for any
     */
    private Stream<String> identifiers(PciFunction function, @Nullable String vendor) {
        Stream<String> device = Stream.of("device " + device(function.address()));
        Stream<String> switches = function.upstream().stream()
                .skip(1)
                .flatMap(address -> Stream.ofNullable(functions.get(address)))
                .filter(bridge -> vendor == null || bridge.vendorID().equals(vendor))
                .limit(vendor == null ? Long.MAX_VALUE : 1)
                .map(bridge -> "below " + bridge.address());
        return Stream.concat(device, switches);
    }

    /** Returns the address without the function number. */
    static String device(PciAddress address) {
        String text = address.toString();
        return text.substring(0, text.lastIndexOf('.'));
    }
}
