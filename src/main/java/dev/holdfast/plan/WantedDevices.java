package dev.holdfast.plan;

import dev.holdfast.api.Cause;
import dev.holdfast.api.Names;
import dev.holdfast.api.Reason;
import dev.holdfast.api.vm.HostDevice;
import dev.holdfast.api.vm.PassthroughVMSpec;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The devices of a spec: gpus, then host devices, each in the spec's order. */
final class WantedDevices {
    private WantedDevices() {}

    static List<HostDevice> of(@Nullable PassthroughVMSpec spec) {
        if (spec == null || spec.devices() == null) {
            return List.of();
        }
        return spec.devices().passedThrough();
    }

    /** How many of each extended resource, by its name. */
    static SortedMap<String, Integer> counts(@Nullable PassthroughVMSpec spec) {
        SortedMap<String, Integer> counts = new TreeMap<>();
        of(spec).forEach(device -> counts.merge(device.deviceName(), 1, Integer::sum));
        return counts;
    }

    /** What is wrong with them, beyond what the schema says of each alone. */
    static Optional<Cause> fault(PassthroughVMSpec spec) {
        List<HostDevice> devices = of(spec);
        if (devices.isEmpty()) {
            return Optional.of(new Cause(
                    Reason.NoDevices,
                    "spec.devices has neither gpus nor hostDevices, but a PassthroughVM passes at least one through; "
                            + "add one, or run the machine with KubeVirt"));
        }
        Set<String> names = new HashSet<>();
        for (HostDevice device : devices) {
            // The API server requires both; `holdfast render` reads files that it has never seen.
            if (device.name() == null || device.deviceName() == null) {
                return Optional.of(new Cause(
                        Reason.InvalidSpec,
                        "a device of spec.devices lacks its name or its deviceName; give both, such as gpu0 and %sgpu"
                                .formatted(Names.RESOURCE_PREFIX)));
            }
            if (!names.add(device.name())) {
                return Optional.of(new Cause(
                        Reason.DuplicateDeviceName,
                        "two devices of spec.devices are named %s, but names are unique over gpus and hostDevices; rename one"
                                .formatted(device.name())));
            }
            if (!device.deviceName().startsWith(Names.RESOURCE_PREFIX)) {
                return Optional.of(new Cause(
                        Reason.UnknownDeviceName,
                        "device %s asks for %s, but the name of a device class starts with %s; see `kubectl get ptclass`"
                                .formatted(device.name(), device.deviceName(), Names.RESOURCE_PREFIX)));
            }
        }
        return Optional.empty();
    }
}
