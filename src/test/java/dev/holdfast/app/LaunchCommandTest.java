package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Slow;
import dev.holdfast.host.kernel.Libc;
import dev.holdfast.qemu.shape.QemuShapeJson;
import dev.holdfast.testbed.fixtures.FakeAgent;
import dev.holdfast.testbed.fixtures.QemuShapeBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command in a separate process, as in the pod, with a script in place of QEMU. */
@SuppressWarnings("try") // The peer serves as long as it is open.
@Slow
class LaunchCommandTest {
    private static final String SHAPE = QemuShapeJson.write(QemuShapeBuilder.shape()
            .vm("default", "vm")
            .tcgBufferBytes(0)
            .cpuModel("max")
            .cores(1)
            .memoryBytes(1 << 20)
            .build());

    @TempDir
    private Path folder = Path.of("");

    @Test
    void becomesQemuInTheSameProcess() throws Exception {
        Path qemu = folder.resolve("qemu-system-x86_64");
        Files.writeString(
                qemu, "#!/bin/sh\necho \"pid $$\"\nprintf 'arg %s\\n' \"$@\"\nenv | sed 's/^/env /'\nexit 7\n");
        Files.setPosixFilePermissions(qemu, PosixFilePermissions.fromString("rwxr-xr-x"));
        long own = Libc.memlockLimit().soft();
        String granted = "{\"answer\":\"granted\",\"limitBytes\":%d,\"devices\":[]}\n".formatted(own);

        try (FakeAgent agent = new FakeAgent(folder.resolve("grant.sock"), granted)) {
            Process launcher = launch();

            assertThat(launcher.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(launcher.exitValue()).as(output()).isEqualTo(7);
            assertThat(output().lines())
                    .contains("pid " + launcher.pid(), "arg guest=default/vm,debug-threads=on", "arg tcg,tb-size=1")
                    .noneMatch(line -> line.startsWith("env JAVA_") || line.startsWith("env HOLDFAST_"))
                    .anyMatch(line -> line.contains("QEMU ended with status 7"))
                    .anyMatch(line -> line.contains("executing QEMU"));
            // Once for the dry-run, whose output is not shown, and once as the VM.
            assertThat(output().lines())
                    .filteredOn(line -> line.startsWith("pid "))
                    .hasSize(1);
            assertThat(agent.asked()).containsExactly("{\"namespace\":\"default\",\"name\":\"vm\"}");
            assertThat(folder.resolve("termination-log")).doesNotExist();
        }
    }

    @Test
    void writesTheAgentsMessageForThePodsStatus() throws Exception {
        Files.createFile(
                folder.resolve("qemu-system-x86_64"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        String refused =
                "{\"answer\":\"refused\",\"reason\":\"ForeignPod\",\"message\":\"this pod is not the VM's\"}\n";

        try (FakeAgent agent = new FakeAgent(folder.resolve("grant.sock"), refused)) {
            Process launcher = launch();

            assertThat(launcher.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(launcher.exitValue()).as(output()).isEqualTo(3);
            assertThat(folder.resolve("termination-log")).hasContent("this pod is not the VM's");
            assertThat(output()).contains("this pod is not the VM's");
        }
    }

    private Process launch() throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Holdfast.class.getName(),
                "launch",
                "--shape",
                SHAPE,
                "--grant-socket",
                folder.resolve("grant.sock").toString(),
                "--kvm",
                folder.resolve("no-kvm").toString(),
                "--dry-run-directory",
                folder.toString(),
                "--termination-log",
                folder.resolve("termination-log").toString());
        builder.environment().put("PATH", folder + ":/usr/bin:/bin");
        builder.environment().put("JAVA_HOME", "/nowhere");
        builder.environment().put("HOLDFAST_JAVA_OPTS", "-Xmx1g");
        return builder.redirectErrorStream(true)
                .redirectOutput(folder.resolve("output").toFile())
                .start();
    }

    private String output() throws IOException {
        return Files.readString(folder.resolve("output"));
    }
}
