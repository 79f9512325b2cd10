package dev.holdfast.telemetry;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Gauges of the memory of each running VM. A VM has them for as long as it runs on this node. */
final class VmMemoryGauges {
    private final MeterRegistry registry;
    private final List<MultiGauge> gauges = new ArrayList<>();
    private final List<Function<VmMemory, @Nullable Double>> values = new ArrayList<>();
    /** VMs that have a row of each gauge. */
    private final List<Set<Vm>> registered = new ArrayList<>();

    private final Map<Vm, VmMemory> vms = new ConcurrentHashMap<>();

    private record Vm(String namespace, String name) {
        static Vm of(VmMemory memory) {
            return new Vm(memory.namespace(), memory.name());
        }
    }

    VmMemoryGauges(MeterRegistry registry) {
        this.registry = registry;
        add("holdfast.vm.locked", "Memory that VFIO has locked for the VM (VmLck)", vm -> (double) vm.lockedBytes());
        add("holdfast.vm.locked.peak", "Highest sampled VmLck of the VM", vm -> (double) vm.peakBytes());
        add("holdfast.vm.pinned", "Memory that iommufd or vhost-vdpa has pinned for the VM (VmPin)", vm ->
                (double) vm.pinnedBytes());
        add("holdfast.vm.memlock.limit", "Applied memlock limit of the VM (RLIMIT_MEMLOCK)", VmMemory::limit);
        add(
                "holdfast.vm.memlock.required",
                "Required bytes of the memlock plan of the VM",
                vm -> vm.requiredBytes() == null ? null : vm.requiredBytes().doubleValue());
        add(
                "holdfast.vm.memlock.headroom",
                "Memlock limit less locked memory of the VM",
                vm -> vm.limit() - vm.lockedBytes());
        add(
                "holdfast.vm.memlock.headroom.threshold",
                "Headroom below which the VM has the reason HeadroomLow",
                vm -> vm.thresholdBytes() == null ? null : vm.thresholdBytes().doubleValue());
    }

    /** Sets the memory of all VMs of the node; VMs that are missing lose their gauges. */
    void update(List<VmMemory> all) {
        Set<Vm> live = new HashSet<>();
        all.forEach(memory -> {
            live.add(Vm.of(memory));
            vms.put(Vm.of(memory), memory);
        });
        vms.keySet().retainAll(live);
        for (int i = 0; i < gauges.size(); i++) {
            Set<Vm> rows = rows(values.get(i));
            if (!rows.equals(registered.set(i, rows))) {
                register(i);
            }
        }
    }

    /**
     * Adds a gauge.
     *
     * @param value returns null for a VM without a value
     */
    private void add(String name, String description, Function<VmMemory, @Nullable Double> value) {
        gauges.add(MultiGauge.builder(name)
                .description(description)
                .baseUnit("bytes")
                .register(registry));
        values.add(value);
        registered.add(Set.of());
    }

    /** Returns the VMs that have a value of a gauge. */
    private Set<Vm> rows(Function<VmMemory, @Nullable Double> value) {
        return vms.entrySet().stream()
                .filter(vm -> value.apply(vm.getValue()) != null)
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
    }

    /** Registers the rows of a gauge. They read the map at each scrape, so a sample does not change them. */
    private void register(int gauge) {
        ToDoubleFunction<Vm> now = vm -> {
            VmMemory memory = vms.get(vm);
            Double number = memory == null ? null : values.get(gauge).apply(memory);
            return number == null ? Double.NaN : number;
        };
        gauges.get(gauge)
                .register(
                        registered.get(gauge).stream()
                                .<Row<?>>map(
                                        vm -> Row.of(Tags.of("namespace", vm.namespace(), "name", vm.name()), vm, now))
                                .toList(),
                        false);
    }
}
