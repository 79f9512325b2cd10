package dev.holdfast.host.process;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testbed.fixtures.Sleeper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcfsTest {
    private static final Procfs REAL = new Procfs(Path.of("/proc"));

    @TempDir
    Path root;

    @Test
    void readsLockedAndPinnedMemoryInBytesAndAllPids() {
        ProcessStatus status = Procfs.parseStatus(
                "Name:\tqemu-system-x86\nPid:\t4242\nNSpid:\t4242\t17\t1\nVmLck:\t  131072 kB\nVmPin:\t       4 kB\n");

        assertThat(status.name()).isEqualTo("qemu-system-x86");
        assertThat(status.lockedBytes()).isEqualTo(128L << 20);
        assertThat(status.pinnedBytes()).isEqualTo(4096);
        assertThat(status.pids()).containsExactly(4242, 17, 1);
        assertThat(status.firstOfItsNamespace()).isTrue();
    }

    @Test
    void aProcessDeeperInTheNamespaceIsNotItsFirst() {
        assertThat(Procfs.parseStatus("Name:\tsh\nNSpid:\t4300\t23\n").firstOfItsNamespace())
                .isFalse();
    }

    @Test
    void aZombieHasNoMemoryLocked() {
        assertThat(Procfs.parseStatus("Name:\tsh\nNSpid:\t7\n").lockedBytes()).isZero();
    }

    @Test
    void findsTheStartTimeBehindANameFullOfParentheses() {
        String stat = "77 (a) S 1 (b) c)) S 1 77 77 0 -1 4194560 92 0 0 0 0 0 0 0 20 0 1 0 987654 2568192 192 1844";

        assertThat(Procfs.parseStartTicks(stat)).hasValue(987654);
    }

    @Test
    void hasNoStartTimeForATruncatedText() {
        assertThat(Procfs.parseStartTicks("77 (a) S 1 2")).isEmpty();
        assertThat(Procfs.parseStartTicks("")).isEmpty();
    }

    @Test
    void readsARealProcess() throws Exception {
        try (Sleeper child = new Sleeper()) {
            assertThat(REAL.status(child.pid()).orElseThrow().name()).isEqualTo("sleep");
            assertThat(REAL.startTicks(child.pid()).orElseThrow()).isPositive();
            assertThat(REAL.status(child.pid()).orElseThrow().pids()).contains(child.pid());
        }
    }

    @Test
    void returnsNothingForAProcessThatHasEnded() throws Exception {
        Sleeper child = new Sleeper();
        child.end();

        assertThat(REAL.status(child.pid())).isEmpty();
        assertThat(REAL.startTicks(child.pid())).isEmpty();
        assertThat(REAL.cgroup(child.pid())).isEmpty();
    }

    @Test
    void subtractsTheStartFromTheTimeSinceBoot() throws IOException {
        Path process = Files.createDirectories(root.resolve("77"));
        Files.writeString(process.resolve("stat"), "77 (a) S 1 77 77 0 -1 0 92 0 0 0 0 0 0 0 20 0 1 0 98765 1 2");
        Files.writeString(root.resolve("uptime"), "988.02 1934.51\n");

        assertThat(new Procfs(root).age(77)).contains(Duration.ofMillis(370));
        assertThat(new Procfs(root).age(78)).isEmpty();
    }

    @Test
    void readsTheCgroupPathOfTheUnifiedHierarchy() throws IOException {
        Path process = Files.createDirectories(root.resolve("5"));
        Files.writeString(process.resolve("cgroup"), "3:cpu:/old\n0::/kubepods/podx/y\n");

        assertThat(new Procfs(root).cgroup(5)).hasValue("/kubepods/podx/y");
    }

    @Test
    void readsANameOfAnyBytes() throws IOException {
        Path process = Files.createDirectories(root.resolve("5"));
        Files.write(
                process.resolve("status"), "Name:\t\u00ff\u00fe\nNSpid:\t5\t1\n".getBytes(StandardCharsets.ISO_8859_1));

        assertThat(new Procfs(root).status(5).orElseThrow().firstOfItsNamespace())
                .isTrue();
    }

    @Test
    void readsTheBootId() throws IOException {
        assertThat(BootId.read(Path.of("/proc"))).matches("[0-9a-f-]{36}");
    }
}
