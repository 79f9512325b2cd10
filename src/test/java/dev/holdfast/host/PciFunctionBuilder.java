package dev.holdfast.host;

import dev.holdfast.host.pci.Bar;
import dev.holdfast.host.pci.PciAddress;
import dev.holdfast.host.pci.PciFunction;
import dev.holdfast.host.pci.Sriov;
import dev.holdfast.host.pci.VfioDrivers;
import dev.holdfast.host.pci.VfioState;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A PCI function for tests: a 3D controller on vfio-pci, alone in group 7, unless they say otherwise. */
public final class PciFunctionBuilder {
    private final PciAddress address;
    private String vendor = "10de";
    private String device = "20f1";
    private String subsystemVendor = "0000";
    private String subsystem = "0000";
    private String classCode = "030200";
    private boolean bridge;
    private @Nullable String driver = "vfio-pci";
    private @Nullable VfioState vfio;
    private @Nullable Integer vgpuType;
    private @Nullable Integer group = 7;
    private @Nullable Integer numaNode;
    private @Nullable String pcieRoot;
    private List<PciAddress> upstream = List.of();
    private List<Bar> bars = List.of();
    private List<String> resetMethods = List.of();
    private @Nullable Sriov sriov;
    private @Nullable String description;

    private PciFunctionBuilder(PciAddress address) {
        this.address = address;
    }

    public static PciFunctionBuilder at(String address) {
        return new PciFunctionBuilder(PciAddress.parse(address));
    }

    public static PciFunctionBuilder at(PciAddress address) {
        return new PciFunctionBuilder(address);
    }

    /** As {@code lspci -n} prints them, {@code 10de:20f1}. */
    public PciFunctionBuilder ids(String vendorAndDevice) {
        vendor = vendorAndDevice.substring(0, 4);
        device = vendorAndDevice.substring(5);
        return this;
    }

    public PciFunctionBuilder subsystem(String vendorAndDevice) {
        subsystemVendor = vendorAndDevice.substring(0, 4);
        subsystem = vendorAndDevice.substring(5);
        return this;
    }

    public PciFunctionBuilder classCode(String code) {
        classCode = code;
        return this;
    }

    public PciFunctionBuilder bridge() {
        bridge = true;
        return this;
    }

    public PciFunctionBuilder driver(@Nullable String name) {
        driver = name;
        return this;
    }

    /** Unless said, it is registered where the driver is one of VFIO's. */
    public PciFunctionBuilder vfio(VfioState state) {
        vfio = state;
        return this;
    }

    public PciFunctionBuilder vgpuType(int number) {
        vgpuType = number;
        return this;
    }

    public PciFunctionBuilder upstream(String... bridges) {
        upstream = Stream.of(bridges).map(PciAddress::parse).toList();
        return this;
    }

    public PciFunctionBuilder group(@Nullable Integer number) {
        group = number;
        return this;
    }

    public PciFunctionBuilder numaNode(@Nullable Integer node) {
        numaNode = node;
        return this;
    }

    public PciFunctionBuilder pcieRoot(String name) {
        pcieRoot = name;
        return this;
    }

    public PciFunctionBuilder bars(Bar... registers) {
        bars = List.of(registers);
        return this;
    }

    public PciFunctionBuilder resetMethods(String... methods) {
        resetMethods = List.of(methods);
        return this;
    }

    public PciFunctionBuilder sriov(Sriov part) {
        sriov = part;
        return this;
    }

    public PciFunctionBuilder description(String text) {
        description = text;
        return this;
    }

    public PciFunction build() {
        return new PciFunction(
                address,
                vendor,
                device,
                subsystemVendor,
                subsystem,
                classCode,
                bridge,
                driver,
                vfio != null
                        ? vfio
                        : VfioDrivers.isKnown(driver) && group != null ? VfioState.REGISTERED : VfioState.NONE,
                vgpuType,
                group,
                numaNode,
                pcieRoot,
                upstream,
                bars,
                resetMethods,
                false,
                sriov,
                description);
    }
}
