package dev.holdfast.cluster;

import static dev.holdfast.testbed.Progress.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** The programs that the lanes build by Go into the user's cache, with a go command of the test's own. */
class GoProgramsTest {
    static final List<String> SCRIPTS = List.of(
            "control-plane/build",
            "chart/helm",
            "real-node/runtime/build",
            "real-node/network-policies/build",
            "prometheus/build",
            "prometheus-operator/crds");

    /** Writes empty programs. Its first build continues when the test permits it, and two builds at a time are an error. */
    private static final String GO = """
            #!/usr/bin/env bash
            set -eu
            here=%s
            if [[ $1 == env ]]; then cat "$here/version"; exit; fi
            exec 9> "$here/building"
            flock --nonblock 9 || { echo "two builds at a time"; exit 1; }
            touch "$here/begun"
            exec {never}<> <(:)
            until [[ -e $here/may-go-on ]]; do read -rt 0.1 -u "$never" || true; done
            out=${GOBIN:+$GOBIN/helm}
            while (($# > 0)); do
                if [[ $1 == -o ]]; then out=$2; fi
                shift
            done
            [[ -z $out || $out == */ ]] || install -m 0755 /dev/null "$out"
            """;

    @TempDir
    Path here;

    private final List<Process> started = new ArrayList<>();

    @BeforeEach
    void haveGo() throws IOException {
        Path go = Files.createDirectory(here.resolve("bin")).resolve("go");
        Files.writeString(go, GO.formatted(here));
        assertThat(go.toFile().setExecutable(true)).isTrue();
        Files.writeString(here.resolve("version"), "go1.26.8\n");
    }

    @AfterEach
    void end() {
        started.forEach(process -> {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        });
    }

    @ParameterizedTest
    @FieldSource("SCRIPTS")
    void buildsOnceForTwoLanesThatBeginWithAnEmptyCache(String script) throws IOException {
        Build first = start(script);
        eventually("the first lane builds or has ended", () -> Files.exists(here.resolve("begun")) || first.hasEnded());
        Build second = start(script);
        eventually(
                "the second lane waits or has ended", () -> second.errors().contains("waiting") || second.hasEnded());
        Files.createFile(here.resolve("may-go-on"));

        assertThat(first.status()).as(first::errors).isZero();
        assertThat(second.status()).as(second::errors).isZero();
        assertThat(Path.of(first.output())).exists().startsWith(here);
        assertThat(second.output()).isEqualTo(first.output());
        assertThat(second.errors())
                .contains("another process holds the lock of")
                .doesNotContain("building");
    }

    @ParameterizedTest
    @FieldSource("SCRIPTS")
    void refusesGoThatIsTooOld(String script) throws IOException {
        Files.writeString(here.resolve("version"), "go1.25.3\n");

        Build build = start(script);

        assertThat(build.status()).isEqualTo(1);
        assertThat(build.errors()).contains("found go1.25.3; Go 1.26 or later is required to build");
        assertThat(here.resolve("begun")).doesNotExist();
    }

    private Build start(String script) throws IOException {
        Path out = Files.createTempFile(here, "build", ".out");
        Path errors = Files.createTempFile(here, "build", ".err");
        ProcessBuilder builder = new ProcessBuilder("src/test/" + script)
                .redirectOutput(out.toFile())
                .redirectError(errors.toFile());
        builder.environment().put("HOLDFAST_CACHE", here.resolve("cache").toString());
        builder.environment().merge("PATH", here.resolve("bin").toString(), (path, ours) -> ours + ":" + path);
        Process process = builder.start();
        started.add(process);
        return new Build(process, out, errors);
    }

    private record Build(Process process, Path out, Path err) {
        int status() {
            return process.onExit().join().exitValue();
        }

        String output() {
            return read(out).strip();
        }

        String errors() {
            return read(err);
        }

        boolean hasEnded() {
            return !process.isAlive();
        }

        private static String read(Path file) {
            try {
                return Files.readString(file);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
