package dev.holdfast.plan.machine;

import dev.holdfast.api.vm.PassthroughVMSpec;
import dev.holdfast.api.vm.devices.Devices;
import dev.holdfast.api.vm.devices.Gpu;
import dev.holdfast.api.vm.devices.HostDevice;
import dev.holdfast.api.vm.devices.I6300esb;
import dev.holdfast.api.vm.devices.Iommu;
import dev.holdfast.api.vm.devices.RomFile;
import dev.holdfast.api.vm.devices.RomFileKey;
import dev.holdfast.api.vm.devices.Video;
import dev.holdfast.api.vm.devices.VideoType;
import dev.holdfast.api.vm.devices.Watchdog;
import dev.holdfast.api.vm.devices.WatchdogAction;
import dev.holdfast.api.vm.network.NicModel;
import dev.holdfast.api.vm.network.Port;
import dev.holdfast.api.vm.network.Protocol;
import dev.holdfast.api.vm.network.VmInterface;
import dev.holdfast.memlock.MemlockInput;
import dev.holdfast.plan.machine.PassedDevice.OptionRom;
import dev.holdfast.plan.machine.PassedDevice.OptionRom.FromObject.Kind;
import dev.holdfast.qemu.shape.QemuNic;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** Reads the devices of a valid spec, except its disks. */
final class DeviceReader {
    private final Devices devices;

    DeviceReader(PassthroughVMSpec spec) {
        this.devices = spec.devices();
    }

    List<PassedDevice> passedThrough() {
        return Stream.concat(
                        Given.list(devices.gpus()).stream().map(DeviceReader::gpu),
                        Given.list(devices.hostDevices()).stream().map(DeviceReader::hostDevice))
                .toList();
    }

    private static PassedDevice gpu(Gpu gpu) {
        return new PassedDevice(
                gpu.name(),
                DeviceClassName.ofResource(gpu.deviceName()),
                true,
                rom(gpu),
                Given.of(gpu.p2pClique()).orElse(PassedDevice.NO_CLIQUE));
    }

    private static PassedDevice hostDevice(HostDevice device) {
        return new PassedDevice(
                device.name(),
                DeviceClassName.ofResource(device.deviceName()),
                false,
                new OptionRom.Own(),
                PassedDevice.NO_CLIQUE);
    }

    private static OptionRom rom(Gpu gpu) {
        boolean shown = Given.of(gpu.romBar()).orElse(true);
        return Given.of(gpu.romFile(), RomFile::configMap)
                .map(entry -> rom(Kind.CONFIG_MAP, entry))
                .or(() -> Given.of(gpu.romFile(), RomFile::secret).map(entry -> rom(Kind.SECRET, entry)))
                .orElseGet(() -> shown ? new OptionRom.Own() : new OptionRom.Hidden());
    }

    private static OptionRom rom(Kind kind, RomFileKey entry) {
        return new OptionRom.FromObject(kind, entry.name(), entry.key());
    }

    GuestIommu iommu() {
        return Given.of(devices.iommu(), Iommu::model)
                .map(model -> switch (model) {
                    case INTEL -> GuestIommu.INTEL;
                    case VIRTIO -> GuestIommu.VIRTIO;
                })
                .orElse(GuestIommu.NONE);
    }

    Display display() {
        return new Display(
                switch (Given.of(devices.video(), Video::type).orElse(VideoType.NONE)) {
                    case NONE -> MemlockInput.Video.NONE;
                    case VGA -> MemlockInput.Video.VGA;
                    case VIRTIO -> MemlockInput.Video.VIRTIO;
                    case BOCHS -> MemlockInput.Video.BOCHS;
                    case RAMFB -> MemlockInput.Video.RAMFB;
                },
                Given.of(devices.video(), Video::memory)
                        .map(ByteQuantity::ceiling)
                        .orElse(0L));
    }

    boolean hasRng() {
        return Given.of(devices.rng()).isPresent();
    }

    WatchdogTimer watchdog() {
        return Given.of(devices.watchdog(), Watchdog::i6300esb)
                .map(timer -> switch (Given.of(timer, I6300esb::action).orElse(WatchdogAction.RESET)) {
                    case RESET -> WatchdogTimer.RESET;
                    case POWEROFF -> WatchdogTimer.POWEROFF;
                    case SHUTDOWN -> WatchdogTimer.SHUTDOWN;
                })
                .orElse(WatchdogTimer.NONE);
    }

    List<NetworkCard> networkCards() {
        return Given.list(devices.interfaces()).stream()
                .map(DeviceReader::networkCard)
                .toList();
    }

    private static NetworkCard networkCard(VmInterface card) {
        return new NetworkCard(
                card.name(),
                switch (Given.of(card.model()).orElse(NicModel.VIRTIO)) {
                    case VIRTIO -> QemuNic.Model.VIRTIO;
                    case E1000E -> QemuNic.Model.E1000E;
                },
                Given.of(card.macAddress())
                        .map(address -> address.toLowerCase(Locale.ROOT))
                        .orElse(""),
                Given.list(card.ports()).stream().map(DeviceReader::port).toList());
    }

    private static NetworkCard.Port port(Port port) {
        return new NetworkCard.Port(
                Given.of(port.name()).orElse(""),
                port.port(),
                Given.of(port.protocol()).orElse(Protocol.TCP));
    }
}
