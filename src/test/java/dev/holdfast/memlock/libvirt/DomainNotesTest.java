package dev.holdfast.memlock.libvirt;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.memlock.MemlockInput.Display;
import dev.holdfast.memlock.MemlockInput.Video;
import dev.holdfast.memlock.Policy;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests the notes about settings of a domain that can change the limit. */
class DomainNotesTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "<hologram/>                                          | | the device <hologram> is unknown",
                "<hostdev mode='subsystem' type='cxl'/>               | | a hostdev of type \"cxl\" is unknown",
                "<hostdev mode='subsystem' type='pci'><rom file='/v.rom'/></hostdev> | | counted as 1 MiB",
                "<video/>                                             | | the type of a display is not in this file",
                "<graphics type='vnc'/>                               | | the type of a display is not in this file",
                "| <launchSecurity type='sev'/>                        | the kernel charges all RAM of an sev guest",
                "| <launchSecurity type='sev-snp'/>                    | all of it is counted",
                "| <launchSecurity type='tdx'/>                        | all of it is counted",
                "| <launchSecurity type='cca'/>                        | launchSecurity of type \"cca\" is unknown",
                "<interface type='network'><source network='a'/></interface> | | the network \"a\" of 1 interface can"
                        + " assign",
                "| <qemu:override><qemu:device alias='video0'><qemu:frontend><qemu:property name='vgamem_mb' type='unsigned' value='256'/></qemu:frontend></qemu:device></qemu:override> | qemu:override sets \"vgamem_mb\" of the device \"video0\"",
                "| <qemu:capabilities><qemu:del capability='device.iommufd'/></qemu:capabilities> | qemu:capabilities changes \"device.iommufd\"",
            })
    void notesSettingsThatCanChangeTheLimit(@Nullable String devices, @Nullable String more, String note) {
        Domain domain = Inputs.with(devices == null ? "" : devices, more == null ? "" : more);

        assertThat(domain.notes()).singleElement().asString().contains(note);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "<interface type='bridge'/><disk/><controller/><tpm/><memballoon/><hostdev type='usb'/><panic/> |",
                "| <launchSecurity type='s390-pv'/>",
                "| <qemu:override><qemu:device alias='a'><qemu:frontend><qemu:property name='bootindex'/></qemu:frontend></qemu:device></qemu:override>",
                "| <qemu:capabilities><qemu:add capability='blockdev'/></qemu:capabilities>",
                "| <metadata><app xmlns='http://example.org/app'><hologram/></app></metadata>",
            })
    void hasNoNoteOnSettingsWithoutEffect(@Nullable String devices, @Nullable String more) {
        assertThat(Inputs.with(devices == null ? "" : devices, more == null ? "" : more)
                        .notes())
                .isEmpty();
    }

    @Test
    void countsAMebibyteForEachRomFile() {
        String rom = "<hostdev mode='subsystem' type='pci'><rom file='/v.rom'/></hostdev>";

        assertThat(Inputs.with(rom + rom, "").input().emulated().romFileBytes()).isEqualTo(2 << 20);
        assertThat(Inputs.with(rom.replace("<rom ", "<rom bar='off' "), "")
                        .input()
                        .emulated()
                        .romFileBytes())
                .isZero();
    }

    @Test
    void countsTheDisplayThatLibvirtAdds() {
        assertThat(Inputs.with("<graphics type='vnc'/>", "").input().displays())
                .containsExactly(new Display(Video.VGA, null));
        assertThat(Inputs.with("<graphics type='vnc'/><video><model type='none'/></video>", "")
                        .input()
                        .displays())
                .containsExactly(new Display(Video.NONE, null));
    }

    /** Names with characters that reverse or clear a line of a terminal. */
    @Test
    void escapesControlCharactersOfTheFile() {
        String name = "a\u202eb\u009b2Jc\u2028d";
        String document = "<domain type='kvm'><name>" + name + "</name><memory unit='GiB'>1</memory><devices>"
                + "<interface type='network'><source network='" + name + "'/></interface></devices></domain>";

        Domain domain = Inputs.read(document.getBytes(StandardCharsets.UTF_8));

        assertThat(domain.name()).isEqualTo("a\\u{202e}b\\u{9b}2Jc\\u{2028}d");
        assertThat(domain.notes()).singleElement().asString().contains("\"a\\u{202e}b\\u{9b}2Jc\\u{2028}d\"");
        List<String> messages = List.of(
                message(document.replace(">1</memory>", ">" + name + "</memory>")),
                message(document.replace("type='kvm'", "type='" + name + "'")),
                message(document.replace("<devices>", "<devices><video><model type='" + name + "'/></video>")));
        assertThat(messages)
                .allSatisfy(message ->
                        assertThat(message).contains("\\u{202e}").doesNotContainPattern("[\u202e\u009b\u2028]"));
    }

    private static String message(String document) {
        try {
            Inputs.read(document.getBytes(StandardCharsets.UTF_8)).plan(Policy.EXACT, null);
        } catch (IllegalArgumentException e) {
            return String.valueOf(e.getMessage());
        }
        throw new AssertionError("not refused: " + document);
    }
}
