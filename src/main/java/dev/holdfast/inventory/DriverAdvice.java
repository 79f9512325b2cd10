package dev.holdfast.inventory;

import dev.holdfast.host.pci.PciFunction;
import dev.holdfast.host.usage.PciUse;
import dev.holdfast.pci.PciAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Message about the drivers that prevent a group from being passed through, and what to do about each. The advice must do no
 * harm: it never recommends without a condition to unbind the driver of a device that the host may need, and first
 * recommends to move the card to another group where that is possible.
 *
 * @param main   main function of the group
 * @param others other functions on native drivers
 * @param use    uses of them by the host
 * @param then   the result of the steps, as the end of the message
 */
record DriverAdvice(PciFunction main, List<PciFunction> others, HostUse use, String then) {
    /**
     * Maximum number of functions named. The report repeats the message for every function of a group; with hundreds of
     * names it would exceed the size limit of etcd.
     */
    private static final int NAMED = 8;

    private static final int WARNINGS = 4;

    /** Returns the message; empty when no driver prevents passthrough. */
    Optional<String> message() {
        if (main.onVfio() && others.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(
                "%s %s; %s%s%s".formatted(main.address(), found(), String.join(", and ", steps()), then, warnings()));
    }

    /** Returns the warning about one function, as the end of a message; empty for a function that the host does not need. */
    static String warning(PciFunction function, HostUse use) {
        HostRole role = HostRole.of(function);
        return role == null ? "" : "; " + function.address() + " is " + risk(function, role, use);
    }

    private String found() {
        List<String> found = new ArrayList<>();
        if (!main.onVfio()) {
            found.add(driverOf(main));
        }
        if (!others.isEmpty()) {
            found.add("shares IOMMU group " + main.iommuGroup() + " with "
                    + others.stream()
                            .limit(NAMED)
                            .map(other -> other.address() + ", which " + driverOf(other))
                            .collect(Collectors.joining(", and "))
                    + unnamed(others));
        }
        return String.join(" and ", found);
    }

    private List<String> steps() {
        List<String> steps = new ArrayList<>();
        if (!main.onVfio()) {
            steps.add("bind " + (others.isEmpty() ? "it" : main.address()) + " to vfio-pci"
                    + (role(main) == null ? "" : condition(1)));
        }
        List<PciAddress> harmless =
                addresses(others.stream().filter(other -> role(other) == null).toList());
        if (!harmless.isEmpty()) {
            steps.add(
                    "bind " + names(harmless) + " to vfio-pci or leave " + them(harmless.size()) + " without a driver");
        }
        List<PciAddress> beside = addresses(others.stream()
                .filter(other -> role(other) != null && onGpu(other))
                .toList());
        if (!beside.isEmpty()) {
            steps.add("bind " + names(beside) + " to vfio-pci" + condition(beside.size()));
        }
        List<PciFunction> elsewhere = elsewhere();
        if (!elsewhere.isEmpty()) {
            steps.add("move the card to another slot, enable ACS in the firmware setup, or update the kernel, so that "
                    + names(addresses(elsewhere))
                    + (elsewhere.size() == 1 ? " is" : " are") + " in another group");
        }
        return steps;
    }

    /** Returns the warnings, one for all functions with the same text. */
    private String warnings() {
        Map<String, List<PciAddress>> warnings = new LinkedHashMap<>();
        Stream.concat(main.onVfio() ? Stream.empty() : Stream.of(main), others.stream())
                .forEach(function -> Optional.ofNullable(role(function))
                        .ifPresent(role -> warnings.computeIfAbsent(
                                        risk(function, role, use) + otherWay(function, role), any -> new ArrayList<>())
                                .add(function.address())));
        return warnings.entrySet().stream()
                .limit(WARNINGS)
                .map(warning -> "; " + names(warning.getValue())
                        + (warning.getValue().size() == 1 ? " is " : " are each ") + warning.getKey())
                .collect(Collectors.joining());
    }

    private String otherWay(PciFunction function, HostRole role) {
        if (elsewhere(function)) {
            return role.keepsDriver() || used(function)
                    ? ", so leave it to the host"
                    : ": bind it to vfio-pci instead only if this host does not need it";
        }
        return role == HostRole.USB && !function.equals(main)
                ? ": plug them in elsewhere first"
                : ": otherwise leave it to this host";
    }

    private boolean used(PciFunction function) {
        return use.of(function.address()).filter(uses -> !uses.isEmpty()).isPresent();
    }

    private List<PciFunction> elsewhere() {
        return others.stream().filter(this::elsewhere).toList();
    }

    /** Returns whether in another slot the card may be in another group than this function. */
    private boolean elsewhere(PciFunction function) {
        return !function.equals(main) && role(function) != null && !onGpu(function);
    }

    /** Returns whether it is another function of the GPU that is the main function. */
    private boolean onGpu(PciFunction function) {
        return !Objects.requireNonNullElse(role(function), HostRole.OTHER).keepsDriver()
                && (main.display() || main.accelerator())
                && GpuBoards.device(function.address()).equals(GpuBoards.device(main.address()));
    }

    /** Returns a text such as "a storage controller that this host uses now (nvme0n1p2 is mounted at /)". */
    private static String risk(PciFunction function, HostRole role, HostUse use) {
        Optional<List<PciUse>> uses = role.keepsDriver() ? Optional.empty() : use.of(function.address());
        if (uses.isEmpty()) {
            return role.noun() + ", and " + role.loss() + " (see " + role.look() + ")";
        }
        return role.noun()
                + uses.get().stream()
                        .findFirst()
                        .map(used -> " that this host uses now (" + used.found() + ")")
                        .orElse(", and " + role.loss() + "; no use of it by this host was found");
    }

    private @Nullable HostRole role(PciFunction function) {
        return function.equals(main) ? HostRole.of(function) : HostRole.beside(function);
    }

    private static String condition(int count) {
        return " only if this host does not need " + them(count);
    }

    private static String them(int count) {
        return count == 1 ? "it" : "them";
    }

    static String driverOf(PciFunction function) {
        return function.driver() == null ? "has no driver" : "is bound to " + function.driver();
    }

    /** Returns "0000:03:00.0 and 0000:03:00.1"; only the first of many. */
    static String names(List<PciAddress> addresses) {
        return addresses.stream().limit(NAMED).map(PciAddress::toString).collect(Collectors.joining(" and "))
                + unnamed(addresses);
    }

    private static List<PciAddress> addresses(List<PciFunction> functions) {
        return functions.stream().map(PciFunction::address).toList();
    }

    private static String unnamed(List<?> all) {
        return all.size() <= NAMED ? "" : " and %d more".formatted(all.size() - NAMED);
    }
}
