package dev.holdfast.qemu.dryrun;

import dev.holdfast.testbed.qemu.RealProgram;
import java.util.ArrayList;
import java.util.List;

/**
 * A machine with one additional device, as a domain and as arguments for QEMU.
 *
 * @param name    name on the page
 * @param devices inside {@code <devices>}
 * @param argv    libvirt's arguments for QEMU
 * @param slack   bytes by which the model is larger: RAM below 1 MiB that a VGA hides, and memory that it shows there later;
 *                or the difference of a smaller boot ROM
 * @param flash   whether its firmware is UEFI in flash
 */
record Variant(String name, String devices, List<String> argv, long slack, boolean flash) {
    private static final String OVMF = "/usr/share/OVMF/OVMF_CODE_4M.fd";

    /**
     * The end of the flash, below 1 MiB, hides RAM until firmware has copied it there; before QEMU 9.1 it was a copy, which
     * VFIO maps (QEMU hw/i386/x86-common.c, {@code isa_bios_alias}).
     */
    private static final long FLASH_BELOW_1_MIB = 131072;

    /** 0xa0000 to 0xbffff, twice. */
    private static final long VGA_WINDOW = 2 * 131072;

    /** The size of a boot ROM is that of its file, which is not part of QEMU; the model counts 256 KiB for each. */
    private static final long SMALLER_ROM = 131072;

    static Variant plain(String name, String devices, String argv) {
        return new Variant(name, devices, argv.isEmpty() ? List.of() : List.of(argv.split(" ")), 0, false);
    }

    private static Variant uefi(String name, String devices, String argv) {
        List<String> all = new ArrayList<>(List.of("-drive", "if=pflash,format=raw,readonly=on,file=" + OVMF));
        all.addAll(plain(name, devices, argv).argv());
        return new Variant(name, devices, all, 0, true);
    }

    /** Returns the bytes by which the model is larger than a QEMU. */
    long slack(RealProgram.Version version) {
        return slack + (flash && version.isAtLeast(9, 1) ? FLASH_BELOW_1_MIB : 0);
    }

    private static Variant vga(String name, String devices, String argv) {
        return new Variant(name, devices, List.of(argv.split(" ")), VGA_WINDOW, false);
    }

    private static Variant video(String model, String argv) {
        return plain(name(model), "<video><model " + model + "/></video>", argv);
    }

    private static Variant vgaVideo(String model, String argv) {
        return vga(name(model), "<video><model " + model + "/></video>", argv);
    }

    private static Variant nic(String model) {
        return nic(model, 0);
    }

    private static Variant nic(String model, long slack) {
        Variant plain = plain(
                "network card " + model,
                "<interface type='user'><model type='%s'/></interface>".formatted(model),
                "-netdev user,id=n,restrict=on -device %s,netdev=n"
                        .formatted(model.equals("virtio") ? "virtio-net-pci" : model));
        return new Variant(plain.name(), plain.devices(), plain.argv(), slack, false);
    }

    private static String name(String model) {
        return "video " + model.replace("type=", "").replace("'", "");
    }

    /**
     * Returns every display and every device with memory that libvirt supports and that QEMU starts without another program.
     */
    static List<Variant> all() {
        return List.of(
                plain("no display", "", ""),
                vgaVideo("type='vga'", "-device VGA"),
                vgaVideo("type='vga' vram='1024'", "-device VGA,vgamem_mb=1"),
                vgaVideo("type='vga' vram='65536'", "-device VGA,vgamem_mb=64"),
                video("type='bochs'", "-device bochs-display"),
                video("type='bochs' vram='4096'", "-device bochs-display,vgamem=4M"),
                vgaVideo("type='cirrus'", "-device cirrus-vga"),
                vgaVideo("type='vmvga'", "-device vmware-svga"),
                vgaVideo("type='vmvga' vram='32768'", "-device vmware-svga,vgamem_mb=32"),
                video("type='ramfb'", "-device ramfb"),
                vgaVideo("type='virtio'", "-device virtio-vga"),
                vgaVideo("type='qxl'", "-device qxl-vga"),
                vgaVideo(
                        "type='qxl' ram='65536' vram='65536' vgamem='16384'",
                        "-device qxl-vga,ram_size=67108864,vram_size=67108864,vram64_size_mb=0,vgamem_mb=16"),
                vgaVideo(
                        "type='qxl' ram='65536' vram='65536' vgamem='65536'",
                        "-device qxl-vga,ram_size=67108864,vram_size=67108864,vram64_size_mb=0,vgamem_mb=64"),
                vgaVideo(
                        "type='qxl' ram='65536' vram='32768' vram64='262144'",
                        "-device qxl-vga,ram_size=67108864,vram_size=33554432,vram64_size_mb=256,vgamem_mb=16"),
                vgaVideo(
                        "type='qxl' ram='8192' vram='1024' vgamem='1024'",
                        "-device qxl-vga,ram_size=8388608,vram_size=1048576,vram64_size_mb=0,vgamem_mb=1"),
                vgaVideo(
                        "type='qxl' ram='1048576' vram='65536'",
                        "-device qxl-vga,ram_size=1073741824,vram_size=67108864,vram64_size_mb=0,vgamem_mb=16"),
                vga(
                        "video vga, and qxl",
                        "<video><model type='vga'/></video><video><model type='qxl'/></video>",
                        "-device VGA -device qxl"),
                vga(
                        "video vga, and qxl ram=1048576 vgamem=262144",
                        "<video><model type='vga'/></video>"
                                + "<video><model type='qxl' ram='1048576' vgamem='262144'/></video>",
                        "-device VGA -device qxl,ram_size=1073741824,vgamem_mb=256"),
                vga(
                        "video vga, and virtio",
                        "<video><model type='vga'/></video><video><model type='virtio'/></video>",
                        "-device VGA -device virtio-gpu-pci"),
                plain(
                        "shmem ivshmem-plain 1 MiB",
                        "<shmem name='s'><model type='ivshmem-plain'/><size unit='M'>1</size></shmem>",
                        "-object memory-backend-ram,id=s,size=1M,share=on -device ivshmem-plain,memdev=s"),
                plain(
                        "shmem ivshmem-plain, no size",
                        "<shmem name='s'><model type='ivshmem-plain'/></shmem>",
                        "-object memory-backend-ram,id=s,size=4M,share=on -device ivshmem-plain,memdev=s"),
                plain(
                        "memory dimm 256 MiB",
                        "<memory model='dimm'><target><size unit='MiB'>256</size></target></memory>",
                        "-object memory-backend-ram,id=m,size=256M -device pc-dimm,memdev=m"),
                plain(
                        "memory nvdimm 256 MiB, label 128 KiB",
                        "<memory model='nvdimm'><target><size unit='MiB'>256</size>"
                                + "<label><size unit='KiB'>128</size></label></target></memory>",
                        "-M nvdimm=on -object memory-backend-ram,id=m,size=256M -device nvdimm,memdev=m,label-size=131072"),
                plain(
                        "memory virtio-pmem 64 MiB",
                        "<memory model='virtio-pmem'><target><size unit='MiB'>64</size></target></memory>",
                        "-object memory-backend-ram,id=m,size=64M,share=on -device virtio-pmem-pci,memdev=m"),
                plain(
                        "memory virtio-mem 1 GiB, requested 256 MiB",
                        "<memory model='virtio-mem'><target><size unit='GiB'>1</size><block unit='MiB'>2</block>"
                                + "<requested unit='MiB'>256</requested></target></memory>",
                        "-object memory-backend-ram,id=m,size=1G,reserve=off"
                                + " -device virtio-mem-pci,memdev=m,requested-size=256M"),
                nic("virtio"),
                nic("e1000"),
                nic("e1000e"),
                nic("rtl8139"),
                nic("ne2k_pci"),
                nic("pcnet"),
                nic("vmxnet3"),
                nic("e1000-82545em"),
                nic("i82551", SMALLER_ROM),
                nic("i82559er", SMALLER_ROM),
                nic("i82801", SMALLER_ROM),
                plain(
                        "network card virtio, rom disabled",
                        "<interface type='user'><model type='virtio'/><rom enabled='no'/></interface>",
                        "-netdev user,id=n,restrict=on -device virtio-net-pci,netdev=n,romfile="),
                plain("panic isa", "<panic model='isa'/>", "-device pvpanic"),
                plain("panic pvpanic", "<panic model='pvpanic'/>", "-device pvpanic-pci"),
                plain(
                        "controllers, input, sound, watchdog and others",
                        "<controller type='usb'/><input type='tablet'/><sound model='ich9'/><watchdog model='i6300esb'/>"
                                + "<memballoon model='virtio'/><rng model='virtio'/><vsock model='virtio'/>",
                        "-audiodev none,id=s -device qemu-xhci -device usb-tablet -device ich9-intel-hda"
                                + " -device hda-duplex,audiodev=s -device i6300esb"
                                + " -device virtio-balloon-pci -device virtio-rng-pci -device virtio-scsi-pci"
                                + " -device virtio-serial-pci -device virtio-keyboard-pci -device vmgenid"
                                + " -device pcie-root-port,id=r,chassis=1"
                                + " -device megasas -device lsi53c895a -device mptsas1068 -device pvscsi -device ahci"
                                + " -device edu -device AC97,audiodev=s -device nec-usb-xhci -device piix3-usb-uhci"
                                + " -device ich9-usb-ehci1 -device vmcoreinfo -device isa-serial -device sdhci-pci -device pcie-pci-bridge"
                                + " -device pxb-pcie,bus_nr=9"),
                uefi("UEFI in flash", "", ""),
                uefi("UEFI in flash, video bochs", "<video><model type='bochs'/></video>", "-device bochs-display"));
    }
}
