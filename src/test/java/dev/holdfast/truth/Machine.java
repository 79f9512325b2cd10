package dev.holdfast.truth;

import dev.holdfast.memlock.MemlockInput;
import dev.holdfast.memlock.MemlockInput.GuestMemory;
import dev.holdfast.memlock.MemlockInput.Video;
import dev.holdfast.pci.PciAddress;
import dev.holdfast.qemu.argv.NodeFacts;
import dev.holdfast.qemu.argv.NodeFacts.Accelerator;
import dev.holdfast.qemu.argv.QemuArgv;
import dev.holdfast.qemu.shape.GuestPaths;
import dev.holdfast.qemu.shape.QemuShape;
import dev.holdfast.testbed.fixtures.MemlockInputBuilder;
import dev.holdfast.testbed.fixtures.QemuShapeBuilder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A scenario in the making: the command line that Holdfast makes for the shape, and where a shape cannot say it, changed
 * by hand. Each method gives a new machine.
 *
 * @param devices for each the functions of its IOMMU group, the main one first
 */
record Machine(
        GuestMemory memory,
        Firmware firmware,
        Video video,
        @Nullable Long videoBytes,
        QemuShape.@Nullable Iommu iommu,
        List<List<String>> devices,
        int hugePages,
        UnaryOperator<List<String>> change) {

    /** A q35 with SeaBIOS, one device and no display. */
    static Machine of(long guestBytes, List<String> device) {
        return new Machine(
                GuestMemory.of(guestBytes),
                Firmware.SEABIOS,
                Video.NONE,
                null,
                null,
                List.of(device),
                0,
                UnaryOperator.identity());
    }

    Machine with(Firmware other) {
        return new Machine(memory, other, video, videoBytes, iommu, devices, hugePages, change);
    }

    Machine with(Video other, @Nullable Long bytes) {
        return new Machine(memory, firmware, other, bytes, iommu, devices, hugePages, change);
    }

    Machine with(QemuShape.Iommu other) {
        return new Machine(memory, firmware, video, videoBytes, other, devices, hugePages, change);
    }

    @SafeVarargs
    final Machine with(List<String>... others) {
        return new Machine(memory, firmware, video, videoBytes, iommu, Arrays.asList(others), hugePages, change);
    }

    Machine with(GuestMemory other, int pages) {
        return new Machine(other, firmware, video, videoBytes, iommu, devices, pages, change);
    }

    /** Arguments that no shape has. */
    Machine plus(String... more) {
        return changed(argv -> {
            List<String> all = new ArrayList<>(argv);
            all.addAll(Arrays.asList(more));
            return all;
        });
    }

    Machine changed(UnaryOperator<List<String>> other) {
        return new Machine(
                memory,
                firmware,
                video,
                videoBytes,
                iommu,
                devices,
                hugePages,
                argv -> other.apply(change.apply(argv)));
    }

    Scenario scenario(String name, String title) {
        List<String> names =
                IntStream.range(0, devices.size()).mapToObj(i -> "gpu" + i).toList();
        Map<String, List<PciAddress>> given = names.stream()
                .collect(Collectors.toMap(
                        gpu -> gpu,
                        gpu -> devices.get(names.indexOf(gpu)).stream()
                                .map(PciAddress::parse)
                                .toList()));
        List<String> argv = new ArrayList<>();
        for (String word : change.apply(QemuArgv.of(shape(names), new NodeFacts(Accelerator.TCG, given)))) {
            argv.add(word.replace(GuestPaths.QMP_SOCKET, "qmp.sock"));
        }
        argv.addAll(firmware.arguments());
        List<String> addresses = devices.stream().flatMap(List::stream).toList();
        return new Scenario(name, title, input(), firmware, argv, addresses, hugePages);
    }

    private MemlockInput input() {
        return MemlockInputBuilder.guest(bytes())
                .firmware(firmware.counted())
                .video(video, videoBytes)
                .devices(devices.size())
                .build()
                .with(memory)
                .with(MemlockInput.Devices.vfio(devices.size(), iommu != null));
    }

    private long bytes() {
        return memory.ram().stream().mapToLong(MemlockInput.Ram::bytes).sum();
    }

    private QemuShape shape(List<String> names) {
        return QemuShapeBuilder.shape()
                .vm("default", "kernel-truth")
                .tcgBufferBytes(128L << 20)
                .cores(1)
                .memoryBytes(bytes())
                .video(video, videoBytes)
                .iommu(iommu)
                .devices(names)
                .build();
    }
}
