package dev.holdfast.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.holdfast.host.kernel.OpenFile;
import dev.holdfast.launch.disk.KeptOpenFiles;
import dev.holdfast.qemu.argv.FirmwareFiles;
import dev.holdfast.qemu.argv.InheritedDescriptors;
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
    private static final Uefi PERSISTENT = new Uefi(false, true);
    private static final Uefi SECURE_AND_PERSISTENT = new Uefi(true, true);

    @TempDir
    private Path folder = Path.of("");

    @AutoClose
    private final KeptOpenFiles files = new KeptOpenFiles();

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
    void createsNewVariablesForEachPodUnlessPersistent() throws Exception {
        debian();
        prepare(PLAIN);
        Files.writeString(run.resolve("efi-variables.fd"), "of a guest");

        prepare(PLAIN);

        assertThat(run.resolve("efi-variables.fd")).hasContent("variables");
    }

    @Test
    void copiesPersistentVariablesOnlyOnce() throws Exception {
        debian();
        prepare(PERSISTENT);
        assertThat(opened(state.resolve("efi-variables.fd"))).isTrue();
        Files.writeString(state.resolve("efi-variables.fd"), "VARIABLES");

        prepare(PERSISTENT);

        assertThat(state.resolve("efi-variables.fd")).hasContent("VARIABLES");
    }

    @Test
    void repeatsACopyThatWasIncomplete() throws Exception {
        debian();
        Files.writeString(state.resolve("efi-variables.fd.new"), "vari");

        prepare(PERSISTENT);

        assertThat(state).isDirectoryNotContaining("glob:**.new");
        assertThat(state.resolve("efi-variables.fd")).hasContent("variables");
    }

    /** Variables without keys would silently disable Secure Boot. */
    @Test
    void usesVariablesWithKeysWhenSecureBootIsEnabled() throws Exception {
        debian();
        prepare(PERSISTENT);

        FirmwareFiles prepared = prepare(SECURE_AND_PERSISTENT);

        assertThat(prepared)
                .isEqualTo(new FirmwareFiles(image + "/usr/share/OVMF/OVMF_CODE_4M.secboot.fd", opened(), 9, true));
        assertThat(opened(state.resolve("efi-variables-secure-boot.fd"))).isTrue();
        assertThat(state.resolve("efi-variables-secure-boot.fd")).hasContent("with keys");
    }

    @Test
    void refusesVariablesOfAnotherFirmware() throws Exception {
        debian();
        Files.writeString(state.resolve("efi-variables.fd"), "of two MiB");

        assertThat(fail(PERSISTENT).message())
                .isEqualTo(
                        "the UEFI variables %s/efi-variables.fd have 10 bytes, but the firmware of this launcher image requires 9; use the launcher image that created them, or remove the file"
                                .formatted(state));
    }

    @Test
    void findsTheFirmwareOfFedora() throws Exception {
        file("/usr/share/edk2/ovmf/OVMF_CODE.fd", "code");
        file("/usr/share/edk2/ovmf/OVMF_VARS.fd", "fedora");

        assertThat(prepare(PLAIN).code()).isEqualTo(image + "/usr/share/edk2/ovmf/OVMF_CODE.fd");
        assertThat(run.resolve("efi-variables.fd")).hasContent("fedora");
    }

    @Test
    void startsTheOnlyBuildOfRhelWithSystemManagementMode() throws Exception {
        file("/usr/share/edk2/ovmf/OVMF_CODE.secboot.fd", "code");
        file("/usr/share/edk2/ovmf/OVMF_VARS.fd", "rhel");

        assertThat(prepare(PLAIN).smm()).isTrue();
    }

    @Test
    void reportsWhatTheImageLacks() throws Exception {
        file("/usr/share/OVMF/OVMF_CODE_4M.fd", "code without variables");

        LaunchException e = fail(PLAIN);

        assertThat(e.message())
                .contains(
                        "the launcher image has no UEFI firmware: found none of /usr/share/OVMF/OVMF_CODE_4M.fd, ",
                        "use an image with the package ovmf");
        assertThat(e.exitStatus()).isEqualTo(LaunchException.FAILED);
        assertThat(fail(SECURE_AND_PERSISTENT).message()).contains("has no UEFI firmware for Secure Boot: ");
    }

    @Test
    void reportsThatTheVolumeCannotBeWritten() throws Exception {
        debian();
        Files.delete(state);

        assertThat(fail(PERSISTENT).message())
                .contains("the UEFI variables cannot be written to " + state, "check the volume");
    }

    /**
     * Variables on the state's claim were created by a former pod, and anything that mounts the claim may have changed them.
     */
    @Test
    void refusesVariablesThatLeadOutOfTheirVolumeOrAreNotAFile() throws Exception {
        debian();
        Path variables = state.resolve("efi-variables.fd");
        Path stolen = Files.writeString(folder.resolve("stolen"), "variables");
        for (Path target : List.of(stolen, Path.of("../stolen"), Path.of("/none"))) {
            Files.createSymbolicLink(variables, target);
            assertThat(fail(PERSISTENT).message())
                    .contains("the UEFI variables " + variables + " are a link that leads out of the volume");
            Files.delete(variables);
        }
        Files.createSymbolicLink(variables, Path.of("none"));
        assertThat(fail(PERSISTENT).message())
                .contains("are a link to a missing file; remove the file, so that new ones are created");
        Files.delete(variables);
        Files.createDirectory(variables);
        assertThat(fail(PERSISTENT).message()).contains("are not a regular file");
        assertThat(stolen).hasContent("variables");
        assertThat(files.descriptors()).isEmpty();
    }

    /** Returns the path of the variables that were opened last. */
    private String opened() {
        return InheritedDescriptors.blockNode(files.descriptors().getLast());
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
