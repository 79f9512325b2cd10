package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The script that starts each command, with a java that prints what it gets. */
final class StartScriptTest {
    @TempDir
    private Path distribution;

    @BeforeEach
    void install() throws IOException {
        Files.createDirectories(distribution.resolve("lib"));
        Files.createFile(distribution.resolve("lib/holdfast-1.jar"));
        script("bin/holdfast", Files.readString(Path.of("src/main/bin/holdfast")));
        script("bin/java-home", "#!/bin/sh\necho %s\n".formatted(distribution.resolve("jdk")));
        script("jdk/bin/java", "#!/bin/sh\necho arenas=${MALLOC_ARENA_MAX:-default} \"$@\"\n");
    }

    /** The launcher becomes QEMU, which keeps the environment. */
    @ParameterizedTest
    @CsvSource({"operator,1", "agent,1", "launch,default", "render,default"})
    void limitsTheNativeMemoryOfTheDaemonsOnly(String command, String arenas) throws Exception {
        assertThat(output(command)).startsWith("arenas=" + arenas + " ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"operator", "agent"})
    void prefersACipherThatTheFirstCompilerIsFastAt(String command) throws Exception {
        assertThat(output(command))
                .contains(
                        "-Djdk.tls.client.cipherSuites=TLS_CHACHA20_POLY1305_SHA256,TLS_AES_128_GCM_SHA256,",
                        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
    }

    @ParameterizedTest
    @CsvSource({"operator,true", "agent,false", "launch,false"})
    void savesTheMemoryOfMethodHandlesForPropertiesInTheOperator(String command, boolean saves) throws Exception {
        assertThat(output(command).contains("-Djdk.reflect.useNativeAccessorOnly=true"))
                .isEqualTo(saves);
    }

    private String output(String command) throws IOException, InterruptedException {
        ProcessBuilder builder =
                new ProcessBuilder(distribution.resolve("bin/holdfast").toString(), command).redirectErrorStream(true);
        builder.environment().remove("MALLOC_ARENA_MAX");
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return output.strip();
    }

    private void script(String name, String text) throws IOException {
        Path file = distribution.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
