package dev.holdfast.convert.kubevirt;

import dev.holdfast.convert.draft.Draft;
import dev.holdfast.convert.draft.Notes;
import dev.holdfast.convert.draft.Values;
import dev.holdfast.convert.tree.Part;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Reader of machine type and firmware. */
final class FirmwareReader {
    private static final Pattern KERNEL_ARGS = Pattern.compile("[ -~]{0,2047}");

    private final Part domain;
    private final Draft draft;
    private final Notes notes;
    private final Values values;

    FirmwareReader(Part domain, Draft draft, Notes notes) {
        this.domain = domain;
        this.draft = draft;
        this.notes = notes;
        this.values = new Values(notes);
    }

    void read() {
        machine(domain.field("machine").field("type"));
        Part firmware = domain.field("firmware");
        boolean kernel = kernelBoot(firmware.field("kernelBoot"));
        bootloader(firmware.field("bootloader"), kernel);
    }

    private void machine(Part type) {
        String text = type.text().orElse("");
        if (text.isEmpty() || text.equals("q35")) {
            return;
        }
        boolean q35 = text.contains("q35");
        notes.changed(
                type,
                q35
                        ? "the version of %s is not kept; the newest q35 of QEMU in the launcher image is used"
                                .formatted(Notes.quote(text))
                        : "%s was replaced by q35, the only supported chipset; devices have other addresses in the guest"
                                .formatted(Notes.quote(text)));
    }

    private void bootloader(Part bootloader, boolean kernel) {
        Part efi = bootloader.field("efi");
        if (bootloader.field("bios").given()) {
            draft.put("spec.firmware.bootloader.bios", Map.of());
            bootloader.field("bios").field("useSerial");
        } else if (efi.given()) {
            boolean secure = values.bool(efi.field("secureBoot")).orElse(true);
            if (secure && kernel) {
                notes.changed(
                        efi.field("secureBoot"),
                        "replaced by false, because QEMU changes the kernel of kernelBoot, so that its signature is"
                                + " invalid; remove kernelBoot to use Secure Boot");
                secure = false;
            }
            draft.put("spec.firmware.bootloader.efi.secureBoot", secure);
            if (values.bool(efi.field("persistent")).orElse(false)) {
                draft.put("spec.firmware.bootloader.efi.persistent", true);
                notes.changed(
                        efi.field("persistent"),
                        "the variables are in a new claim, NAME-state, which starts with the firmware's defaults; set"
                                + " boot entries and keys again");
            }
        }
    }

    private boolean kernelBoot(Part kernelBoot) {
        Part container = kernelBoot.field("container");
        Optional<String> image = container
                .field("image")
                .peek()
                .filter(text -> Values.IMAGE.matcher(text).matches());
        Optional<String> kernel = container
                .field("kernelPath")
                .peek()
                .filter(text -> Values.PATH.matcher(text).matches());
        if (image.isEmpty() || kernel.isEmpty()) {
            notes.notCarriedOver(
                    kernelBoot,
                    "container.image and container.kernelPath, an absolute path, are required; add them to the input"
                            + " or to firmware.kernelBoot");
            return false;
        }
        values.text(kernelBoot.field("kernelArgs"), KERNEL_ARGS, "one line of at most 2047 printable ASCII characters")
                .ifPresent(args -> draft.put("spec.firmware.kernelBoot.kernelArgs", args));
        Map<String, Object> made = Draft.entry("image", image.get(), "kernelPath", kernel.get());
        container.field("image").done();
        container.field("kernelPath").done();
        values.text(container.field("initrdPath"), Values.PATH, "an absolute path")
                .ifPresent(path -> made.put("initrdPath", path));
        draft.put("spec.firmware.kernelBoot.container", made);
        new PullSecrets(draft, notes).read(container.field("imagePullSecret"));
        return true;
    }
}
