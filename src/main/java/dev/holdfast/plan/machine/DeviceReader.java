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
import dev.holdfast.api.vm.devices.VmResourceClaim;
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
import org.jspecify.annotations.Nullable;

/** Reads the devices of a valid spec, except its disks. */
final class DeviceReader {
    private final Devices devices;
    private final @Nullable List<VmResourceClaim> claims;

    DeviceReader(PassthroughVMSpec spec) {
        this.devices = spec.devices();
        this.claims = spec.resourceClaims();
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
                source(gpu.deviceName(), gpu.claimName(), gpu.requestName()),
                true,
                rom(gpu),
                Given.of(gpu.p2pClique()).orElse(PassedDevice.NO_CLIQUE));
    }

    private static PassedDevice hostDevice(HostDevice device) {
        return new PassedDevice(
                device.name(),
                source(device.deviceName(), device.claimName(), device.requestName()),
                false,
                new OptionRom.Own(),
                PassedDevice.NO_CLIQUE);
    }

    private static DeviceSource source(@Nullable String resource, @Nullable String claim, @Nullable String request) {
        return Given.of(resource)
                .<DeviceSource>map(name -> new DeviceSource.OfClass(DeviceClassName.ofResource(name)))
                .orElseGet(() -> new DeviceSource.OfClaim(
                        Given.of(claim).orElseThrow(), Given.of(request).orElse("")));
    }

    List<PodClaim> claims() {
        return Given.list(claims).stream()
                .map(claim -> Given.of(claim.resourceClaimName())
                        .map(name -> new PodClaim(claim.name(), PodClaim.Kind.CLAIM, name))
                        .orElseGet(() -> new PodClaim(
                                claim.name(),
                                PodClaim.Kind.TEMPLATE,
                                Given.of(claim.resourceClaimTemplateName()).orElseThrow())))
                .toList();
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
