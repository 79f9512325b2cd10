package dev.holdfast.plan.machine;

import dev.holdfast.api.vm.PassthroughVMSpec;
import dev.holdfast.api.vm.machine.Bootloader;
import dev.holdfast.api.vm.machine.Cpu;
import dev.holdfast.api.vm.machine.Features;
import dev.holdfast.api.vm.machine.Firmware;
import dev.holdfast.api.vm.machine.GuestClock;
import dev.holdfast.api.vm.machine.Hugepages;
import dev.holdfast.api.vm.machine.Hyperv;
import dev.holdfast.api.vm.machine.KernelBoot;
import dev.holdfast.api.vm.machine.KernelContainer;
import dev.holdfast.api.vm.machine.Kvm;
import dev.holdfast.api.vm.machine.Memlock;
import dev.holdfast.api.vm.machine.MemlockPolicy;
import dev.holdfast.api.vm.machine.Memory;
import dev.holdfast.api.vm.machine.VendorId;
import dev.holdfast.plan.machine.GuestMemory.Pages;
import java.util.Map;

/** Reads a valid spec: each optional field is read once, here, in {@link DeviceReader} or in {@link DiskReader}. */
final class SpecReader {
    private final PassthroughVMSpec spec;

    SpecReader(PassthroughVMSpec spec) {
        this.spec = spec;
    }

    MachineSpec machine() {
        DeviceReader devices = new DeviceReader(spec);
        return new MachineSpec(
                processors(),
                memory(),
                memlock(),
                firmware(),
                kernel(),
                Given.of(spec.clock(), GuestClock::timezone)
                        .<MachineClock>map(MachineClock.Zone::new)
                        .orElseGet(MachineClock.Utc::new),
                devices.passedThrough(),
                devices.claims(),
                devices.iommu(),
                devices.display(),
                devices.hasRng(),
                devices.watchdog(),
                new DiskReader(spec).disks(),
                devices.networkCards(),
                placement(),
                TolerantSpec.graceSeconds(spec),
                Given.of(spec.launcherImage()).orElse(""));
    }

    private Processors processors() {
        Features features = spec.features();
        return new Processors(
                Given.of(spec.cpu(), Cpu::sockets).orElse(1),
                Given.of(spec.cpu(), Cpu::cores).orElse(1),
                Given.of(spec.cpu(), Cpu::threads).orElse(1),
                Given.of(spec.cpu(), Cpu::model).orElse("host-passthrough"),
                new Processors.HypervisorLeaves(
                        Given.isTrue(Given.of(features, Features::kvm, Kvm::hidden)),
                        Given.of(features, Features::hyperv).isPresent(),
                        Given.of(features, Features::hyperv, Hyperv::vendorid)
                                .map(VendorId::vendorid)
                                .orElse("")));
    }

    private GuestMemory memory() {
        return new GuestMemory(
                ByteQuantity.ceiling(spec.memory().guest()),
                Given.of(spec.memory(), Memory::hugepages, Hugepages::pageSize)
                        .map(size -> switch (size) {
                            case MIB_2 -> Pages.HUGE_2_MIB;
                            case GIB_1 -> Pages.HUGE_1_GIB;
                        })
                        .orElse(Pages.SMALL),
                Given.of(spec.memory(), Memory::overhead)
                        .map(ByteQuantity::ceiling)
                        .orElse(0L));
    }

    private MemlockRule memlock() {
        MemlockPolicy policy =
                Given.of(spec.memory(), Memory::memlock, Memlock::policy).orElse(MemlockPolicy.Exact);
        return Given.of(spec.memory(), Memory::memlock, Memlock::limit)
                .<MemlockRule>map(limit -> new MemlockRule.FixedLimit(ByteQuantity.ceiling(limit)))
                .orElseGet(() -> new MemlockRule.Computed(Policies.of(policy)));
    }

    private BootFirmware firmware() {
        return Given.of(spec.firmware(), Firmware::bootloader, Bootloader::efi)
                .<BootFirmware>map(efi -> new BootFirmware.Uefi(
                        Given.isTrue(Given.of(efi.secureBoot())), Given.isTrue(Given.of(efi.persistent()))))
                .orElseGet(BootFirmware.SeaBios::new);
    }

    private KernelStart kernel() {
        return Given.of(spec.firmware(), Firmware::kernelBoot)
                .<KernelStart>map(SpecReader::kernel)
                .orElseGet(KernelStart.None::new);
    }

    private static KernelStart kernel(KernelBoot boot) {
        KernelContainer container = boot.container();
        return new KernelStart.FromImage(
                container.image(),
                container.kernelPath(),
                Given.of(container.initrdPath()).orElse(""),
                Given.of(boot.kernelArgs()).orElse(""));
    }

    private Placement placement() {
        return new Placement(
                Given.of(spec.nodeSelector()).orElse(Map.of()),
                Given.of(spec.affinity()).orElse(Placement.NO_AFFINITY),
                Given.list(spec.tolerations()),
                Given.of(spec.priorityClassName()).orElse(""),
                Given.of(spec.schedulerName()).orElse(""),
                Given.list(spec.imagePullSecrets()));
    }
}
