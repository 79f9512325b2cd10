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
import org.jspecify.annotations.Nullable;

/** Gauges of the memory of each running VM. A VM has them for as long as it runs on this node. */
final class VmMemoryGauges {
    private final MeterRegistry registry;
    private final List<MultiGauge> gauges = new ArrayList<>();
    private final List<Function<VmMemory, @Nullable Double>> values = new ArrayList<>();
    private final Map<Vm, VmMemory> vms = new ConcurrentHashMap<>();

    private record Vm(String namespace, String name) {
        static Vm of(VmMemory memory) {
            return new Vm(memory.namespace(), memory.name());
        }
    }

    VmMemoryGauges(MeterRegistry registry) {
        this.registry = registry;
        add("holdfast.vm.locked", "VmLck: memory that VFIO has locked for the VM", vm -> (double) vm.lockedBytes());
        add("holdfast.vm.locked.peak", "The highest VmLck that was seen", vm -> (double) vm.peakBytes());
        add("holdfast.vm.pinned", "VmPin: memory that iommufd or vhost-vdpa has pinned for the VM", vm ->
                (double) vm.pinnedBytes());
        add("holdfast.vm.memlock.limit", "RLIMIT_MEMLOCK as applied", VmMemory::limit);
        add(
                "holdfast.vm.memlock.required",
                "What the plan of the VM requires",
                vm -> vm.requiredBytes() == null ? null : vm.requiredBytes().doubleValue());
        add("holdfast.vm.memlock.headroom", "The limit less what is locked", vm -> vm.limit() - vm.lockedBytes());
    }

    /** Takes the VMs of the node; those that are missing from the list lose their gauges. */
    void update(List<VmMemory> all) {
        Set<Vm> live = new HashSet<>();
        all.forEach(memory -> {
            live.add(Vm.of(memory));
            vms.put(Vm.of(memory), memory);
        });
        vms.keySet().retainAll(live);
        for (int i = 0; i < gauges.size(); i++) {
            gauges.get(i).register(rows(values.get(i)), false);
        }
    }

    /** @param value null for a VM without one */
    private void add(String name, String description, Function<VmMemory, @Nullable Double> value) {
        gauges.add(MultiGauge.builder(name)
                .description(description)
                .baseUnit("bytes")
                .register(registry));
        values.add(value);
    }

    /** A gauge reads what is in the map when it is asked, so it need not be made anew with each sample. */
    private List<Row<?>> rows(Function<VmMemory, @Nullable Double> value) {
        ToDoubleFunction<Vm> now = vm -> {
            VmMemory memory = vms.get(vm);
            Double number = memory == null ? null : value.apply(memory);
            return number == null ? Double.NaN : number;
        };
        return vms.values().stream()
                .filter(memory -> value.apply(memory) != null)
                .map(Vm::of)
                .<Row<?>>map(vm -> Row.of(Tags.of("namespace", vm.namespace(), "name", vm.name()), vm, now))
                .toList();
    }
}
