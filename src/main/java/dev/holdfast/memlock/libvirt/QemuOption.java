package dev.holdfast.memlock.libvirt;

import java.util.Set;

/** Names of QEMU's options that do not change the mapped memory. */
final class QemuOption {
    private static final Set<String> HARMLESS = Set.of("""
            accel acpitable action add-fd append audio audiodev blockdev boot cdrom chardev compat cpu D d
            daemonize debugcon dfilter display drive dtb echr enable-kvm fsdev fw_cfg gdb hda hdb hdc hdd icount
            incoming initrd k kernel L loadvm mon monitor msg name netdev no-acpi no-hpet no-reboot no-shutdown
            no-user-config nodefaults nographic only-migratable parallel pflash pidfile plugin preconfig
            prom-env qmp qmp-pretty qtest rtc run-with runas S s sandbox seed serial smbios smp snapshot spice
            tpmdev trace usb usbdevice uuid vnc watchdog watchdog-action
            """.strip().split("\\s+"));

    private static final Set<String> HARMLESS_FOR_MACHINE = Set.of("""
            accel acpi append dtb dump-guest-core dumpdtb firmware gic-version graphics hmat hpet i8042 initrd
            its kernel kernel-irqchip max-ram-below-4g mem-merge memory-backend nvdimm pflash0 pflash1 pic pit
            sata secure smbios-entry-point-type smbus smm suppress-vmdesc type usb virtualization vmport
            x-oem-id x-oem-table-id
            """.strip().split("\\s+"));

    private QemuOption() {}

    /** Returns whether an option does not change the mapped memory, apart from properties that are read elsewhere. */
    static boolean isHarmless(String option) {
        return HARMLESS.contains(option);
    }

    /** Returns whether a property of {@code -machine} does not change the mapped memory. */
    static boolean isHarmlessForMachine(String property) {
        return HARMLESS_FOR_MACHINE.contains(property);
    }
}
