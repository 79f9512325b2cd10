package dev.holdfast.convert.libvirt;

import dev.holdfast.convert.draft.Draft;
import dev.holdfast.convert.draft.Notes;
import dev.holdfast.convert.tree.Part;
import java.util.Map;

/** Reader of machine type and firmware. The boot order is read with the disks. */
final class OsReader {
    private final Part os;
    private final Draft draft;
    private final Notes notes;

    OsReader(Part os, Draft draft, Notes notes) {
        this.os = os;
        this.draft = draft;
        this.notes = notes;
    }

    void read() {
        Part type = os.child("type");
        if (!type.is("hvm") && type.peek().isPresent()) {
            notes.notCarriedOver(type, "machines are fully virtualized; no action is needed");
        }
        machine(type.attribute("machine"));
        Part loader = os.child("loader");
        boolean efi = os.attribute("firmware").is("efi")
                || loader.attribute("type").peek().filter("pflash"::equals).isPresent();
        if (efi) {
            efi(loader);
        } else if (os.attribute("firmware").is("bios")) {
            draft.put("spec.firmware.bootloader.bios", Map.of());
        } else if (loader.present()) {
            notes.notCarriedOver(
                    loader,
                    "firmware from a file is not supported, so the guest uses SeaBIOS, and the limit is computed for"
                            + " SeaBIOS; use firmware.bootloader.efi for UEFI");
        }
        bootElements();
    }

    private void machine(Part machine) {
        String text = machine.text().orElse("");
        if (text.equals("q35")) {
            return;
        }
        notes.changed(
                machine,
                text.contains("q35")
                        ? "the version of %s is not kept; the newest q35 of QEMU in the launcher image is used"
                                .formatted(Notes.quote(text))
                        : "%s was replaced by q35, the only supported chipset; devices have other addresses in the guest"
                                .formatted(Notes.quote(text.isEmpty() ? "pc, libvirt's default" : text)));
    }

    private void efi(Part loader) {
        loader.attribute("type").is("pflash");
        loader.attribute("readonly").is("yes");
        loader.attribute("format").is("raw");
        boolean secure = loader.attribute("secure").is("yes");
        loader.attribute("secure").is("no");
        Boolean keys = null;
        Boolean boot = null;
        for (Part feature : os.child("firmware").children("feature")) {
            boolean on = feature.attribute("enabled").is("yes");
            feature.attribute("enabled").is("no");
            if (feature.attribute("name").is("enrolled-keys")) {
                keys = on;
            } else if (feature.attribute("name").is("secure-boot")) {
                boot = on;
            }
        }
        boolean secureBoot = (boot == null ? secure : boot) && !Boolean.FALSE.equals(keys);
        draft.put("spec.firmware.bootloader.efi.secureBoot", secureBoot);
        if (secure && !secureBoot) {
            notes.changed(
                    loader.attribute("secure"),
                    "firmware for Secure Boot without keys checks no signatures, so secureBoot is false; set it to"
                            + " true to use Microsoft's keys");
        }
        if (loader.peek().isPresent()) {
            notes.changed(
                    loader,
                    "the file %s of the host was replaced by OVMF of the launcher image; no action is needed"
                            .formatted(Notes.quote(loader.peek().orElse(""))));
        }
        nvram(loader);
    }

    private void nvram(Part loader) {
        Part nvram = os.child("nvram");
        boolean stateless = loader.attribute("stateless").is("yes");
        if (stateless) {
            return;
        }
        draft.put("spec.firmware.bootloader.efi.persistent", true);
        if (nvram.present()) {
            notes.changed(
                    nvram,
                    "the variables are in a new claim, NAME-state, which starts with the firmware's defaults; set"
                            + " boot entries and keys again");
        }
    }

    private void bootElements() {
        for (String direct : new String[] {"kernel", "initrd", "cmdline", "dtb", "shim"}) {
            if (os.child(direct).present()) {
                notes.notCarriedOver(
                        os.child(direct),
                        "a kernel of the host cannot be started; put kernel and initrd into a container image and set"
                                + " it in firmware.kernelBoot");
            }
        }
        os.child("bootmenu").attribute("enable").is("no");
    }
}
