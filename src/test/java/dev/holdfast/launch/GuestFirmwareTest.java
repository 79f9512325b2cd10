package dev.holdfast.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.holdfast.host.kernel.OpenFile;
import dev.holdfast.launch.disk.OpenFiles;
import dev.holdfast.qemu.argv.FirmwareFiles;
import dev.holdfast.qemu.argv.OpenedFiles;
import dev.holdfast.qemu.shape.MachineOptions.Uefi;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GuestFirmwareTest {
    private static final Uefi PLAIN = new Uefi(false, false);
    private static final Uefi KEPT = new Uefi(false, true);
    private static final Uefi SECURE_AND_KEPT = new Uefi(true, true);

    @TempDir
    private Path folder = Path.of("");

    @AutoClose
    private final OpenFiles files = new OpenFiles();

    private Path image = Path.of("");
    private Path run = Path.of("");
    private Path state = Path.of("");

    @BeforeEach
    void makeFolders() throws IOException {
        image = Files.createDirectory(folder.resolve("image"));
        run = Files.createDirectory(folder.resolve("run"));
        state = Files.createDirectory(folder.resolve("state"));
    }

    @Test
    void copiesTheVariablesForThePod() throws Exception {
        debian();

        FirmwareFiles prepared = prepare(PLAIN);

        assertThat(prepared)
                .isEqualTo(new FirmwareFiles(image + "/usr/share/OVMF/OVMF_CODE_4M.fd", opened(), 9, false));
        assertThat(opened(run.resolve("efi-variables.fd"))).isTrue();
        assertThat(run.resolve("efi-variables.fd")).hasContent("variables");
        assertThat(state).isEmptyDirectory();
    }

    @Test
    void beginsAnewWithEachPodUnlessTheVariablesAreKept() throws Exception {
        debian();
        prepare(PLAIN);
        Files.writeString(run.resolve("efi-variables.fd"), "of a guest");

        prepare(PLAIN);

        assertThat(run.resolve("efi-variables.fd")).hasContent("variables");
    }

    @Test
    void copiesWhatIsKeptOnlyOnce() throws Exception {
        debian();
        prepare(KEPT);
        assertThat(opened(state.resolve("efi-variables.fd"))).isTrue();
        Files.writeString(state.resolve("efi-variables.fd"), "VARIABLES");

        prepare(KEPT);

        assertThat(state.resolve("efi-variables.fd")).hasContent("VARIABLES");
    }

    @Test
    void beginsAnewAfterACopyThatWasCutShort() throws Exception {
        debian();
        Files.writeString(state.resolve("efi-variables.fd.new"), "vari");

        prepare(KEPT);

        assertThat(state).isDirectoryNotContaining("glob:**.new");
        assertThat(state.resolve("efi-variables.fd")).hasContent("variables");
    }

    /** Variables without keys would turn Secure Boot off, and nobody would notice. */
    @Test
    void takesVariablesWithKeysWhenSecureBootIsTurnedOn() throws Exception {
        debian();
        prepare(KEPT);

        FirmwareFiles prepared = prepare(SECURE_AND_KEPT);

        assertThat(prepared)
                .isEqualTo(new FirmwareFiles(image + "/usr/share/OVMF/OVMF_CODE_4M.secboot.fd", opened(), 9, true));
        assertThat(opened(state.resolve("efi-variables-secure-boot.fd"))).isTrue();
        assertThat(state.resolve("efi-variables-secure-boot.fd")).hasContent("with keys");
    }

    @Test
    void refusesVariablesOfAnotherFirmware() throws Exception {
        debian();
        Files.writeString(state.resolve("efi-variables.fd"), "of two MiB");

        assertThat(fail(KEPT).sentence())
                .isEqualTo(
                        "the UEFI variables %s/efi-variables.fd have 10 bytes, but the firmware of this launcher image has 9 for them; use the launcher image that made them, or remove the file"
                                .formatted(state));
    }

    @Test
    void findsFedorasFirmwareToo() throws Exception {
        file("/usr/share/edk2/ovmf/OVMF_CODE.fd", "code");
        file("/usr/share/edk2/ovmf/OVMF_VARS.fd", "fedora");

        assertThat(prepare(PLAIN).code()).isEqualTo(image + "/usr/share/edk2/ovmf/OVMF_CODE.fd");
        assertThat(run.resolve("efi-variables.fd")).hasContent("fedora");
    }

    @Test
    void startsRhelsOnlyBuildWithSystemManagementMode() throws Exception {
        file("/usr/share/edk2/ovmf/OVMF_CODE.secboot.fd", "code");
        file("/usr/share/edk2/ovmf/OVMF_VARS.fd", "rhel");

        assertThat(prepare(PLAIN).smm()).isTrue();
    }

    @Test
    void saysWhatTheImageLacks() throws Exception {
        file("/usr/share/OVMF/OVMF_CODE_4M.fd", "code without variables");

        LaunchException e = fail(PLAIN);

        assertThat(e.sentence())
                .contains(
                        "the launcher image has no UEFI firmware: none of /usr/share/OVMF/OVMF_CODE_4M.fd, ",
                        "use an image with the package ovmf");
        assertThat(e.exitStatus()).isEqualTo(LaunchException.FAILED);
        assertThat(fail(SECURE_AND_KEPT).sentence()).contains("has no UEFI firmware for Secure Boot: ");
    }

    @Test
    void saysThatTheVolumeCannotBeWritten() throws Exception {
        debian();
        Files.delete(state);

        assertThat(fail(KEPT).sentence())
                .contains("the UEFI variables cannot be written as " + state, "check the volume");
    }

    /** Variables on the state's claim were made by a former pod, and whatever mounts the claim can have changed them. */
    @Test
    void refusesVariablesThatLeadOutOfTheirVolumeOrAreNoFile() throws Exception {
        debian();
        Path variables = state.resolve("efi-variables.fd");
        Path stolen = Files.writeString(folder.resolve("stolen"), "variables");
        for (Path target : List.of(stolen, Path.of("../stolen"), Path.of("/none"))) {
            Files.createSymbolicLink(variables, target);
            assertThat(fail(KEPT).sentence()).contains("the UEFI variables " + variables + " lead out of the volume");
            Files.delete(variables);
        }
        Files.createSymbolicLink(variables, Path.of("none"));
        assertThat(fail(KEPT).sentence()).contains("lead nowhere; remove the file, so that new ones are made");
        Files.delete(variables);
        Files.createDirectory(variables);
        assertThat(fail(KEPT).sentence()).contains("are not a regular file");
        assertThat(stolen).hasContent("variables");
        assertThat(files.descriptors()).isEmpty();
    }

    /** Of the variables that were opened last. */
    private String opened() {
        return OpenedFiles.blockNode(files.descriptors().getLast());
    }

    private boolean opened(Path file) throws IOException {
        return Files.isSameFile(OpenFile.path(files.descriptors().getLast()), file);
    }

    private FirmwareFiles prepare(Uefi uefi) throws LaunchException {
        return new GuestFirmware(image, run, state).prepare(uefi, files);
    }

    private LaunchException fail(Uefi uefi) {
        LaunchException e = catchThrowableOfType(LaunchException.class, () -> prepare(uefi));
        assertThat(e).isNotNull();
        return e;
    }

    private void debian() throws IOException {
        file("/usr/share/OVMF/OVMF_CODE_4M.fd", "code");
        file("/usr/share/OVMF/OVMF_VARS_4M.fd", "variables");
        file("/usr/share/OVMF/OVMF_CODE_4M.secboot.fd", "code");
        file("/usr/share/OVMF/OVMF_VARS_4M.ms.fd", "with keys");
    }

    private void file(String path, String content) throws IOException {
        Path file = image.resolve(path.substring(1));
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
    }
}
