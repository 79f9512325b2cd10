package dev.holdfast.inventory;

import dev.holdfast.host.pci.PciAddress;
import dev.holdfast.host.pci.PciFunction;
import dev.holdfast.host.pci.Sriov;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What is on the board of a GPU without being one: sound, USB, the controllers of a USB-C port, in groups of their own
 * where the board keeps them apart. Told by the place on the bus: another function of the same device, or below the same
 * switch of the GPU's maker (as on Arc and Radeon cards). A switch of another maker is the mainboard's, and a root port is
 * a slot's.
 */
final class GpuBoards {
    private final Map<PciAddress, PciFunction> functions = new HashMap<>();

    /** The first GPU by each mark of its board. */
    private final Map<String, PciAddress> gpus = new HashMap<>();

    private GpuBoards() {}

    static GpuBoards of(List<PciFunction> functions) {
        GpuBoards boards = new GpuBoards();
        functions.forEach(function -> boards.functions.put(function.address(), function));
        functions.stream()
                .filter(function -> gpu(function) && !(function.sriov() instanceof Sriov.Virtual))
                .forEach(gpu -> boards.marks(gpu, gpu.vendorID())
                        .forEach(mark -> boards.gpus.putIfAbsent(mark, gpu.address())));
        return boards;
    }

    /** Returns the GPU whose board these are on; empty when one of them is a GPU itself, or none is on a GPU's board. */
    Optional<PciAddress> gpuBeside(List<PciFunction> members) {
        return members.stream().anyMatch(GpuBoards::gpu)
                ? Optional.empty()
                : members.stream()
                        .flatMap(member -> marks(member, null))
                        .flatMap(mark -> Stream.ofNullable(gpus.get(mark)))
                        .findFirst();
    }

    private static boolean gpu(PciFunction function) {
        return function.display() || function.accelerator();
    }

    /** @param maker whose switches count; null for any */
    private Stream<String> marks(PciFunction function, @Nullable String maker) {
        Stream<String> device = Stream.of("device " + device(function.address()));
        Stream<String> switches = function.upstream().stream()
                .skip(1)
                .flatMap(address -> Stream.ofNullable(functions.get(address)))
                .filter(bridge -> maker == null || bridge.vendorID().equals(maker))
                .limit(maker == null ? Long.MAX_VALUE : 1)
                .map(bridge -> "below " + bridge.address());
        return Stream.concat(device, switches);
    }

    /** Without the number of the function. */
    static String device(PciAddress address) {
        String text = address.toString();
        return text.substring(0, text.lastIndexOf('.'));
    }
}
