package dev.holdfast.agent.grant;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.node.Grant;
import dev.holdfast.host.kernel.Pidfd;
import dev.holdfast.host.process.Procfs;
import dev.holdfast.testbed.fixtures.ChildJvm;
import dev.holdfast.testbed.fixtures.FakeCgroups;
import dev.holdfast.testbed.fixtures.Sleeper;
import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GrantRegistryTest {
    private static final Procfs PROC = new Procfs(Path.of("/proc"));
    private static final String POD = "kubepods/burstable/pod" + GrantFixtures.POD_UID;

    @TempDir
    Path temp;

    private final List<List<Grant>> told = new ArrayList<>();
    private FakeCgroups cgroups;
    private GrantRegistry book;

    @BeforeEach
    void open() {
        cgroups = new FakeCgroups(temp.resolve("cgroup"));
        book = new GrantRegistry(PROC, cgroups.tree(), told::add);
    }

    @Test
    void endsAGrantWithItsProcessAndTellsTheReporter() throws Exception {
        Sleeper process = new Sleeper();
        Grant grant = write(process);
        book.sweep();
        assertThat(book.live()).containsExactly(grant);

        process.end();
        book.sweep();
        book.sweep();

        assertThat(told).containsExactly(List.of(grant), List.of());
    }

    @Test
    void remembersAnEndedGrantAsLongAsThePodIsThere() throws Exception {
        Path pod = cgroups.put(1, POD, "");
        Sleeper process = new Sleeper();
        write(process);
        process.end();
        book.sweep();
        assertThat(book.find(GrantFixtures.POD_UID)).isPresent();

        Files.delete(pod.resolve("cgroup.procs"));
        Files.delete(pod);
        book.sweep();

        assertThat(book.find(GrantFixtures.POD_UID)).isEmpty();
    }

    @Test
    void restoresTheGrantsWhoseProcessStillLives() throws Exception {
        try (Sleeper process = new Sleeper()) {
            Sleeper ended = new Sleeper();
            Grant live = GrantFixtures.grant(
                    process.pid(), PROC.startTicks(process.pid()).orElseThrow());
            Grant dead = GrantFixtures.grant(
                    "podB", ended.pid(), PROC.startTicks(ended.pid()).orElseThrow());
            Grant reused = GrantFixtures.grant(
                    "podC", process.pid(), PROC.startTicks(process.pid()).orElseThrow() - 1);
            Grant absurd = GrantFixtures.grant("podD", Integer.MAX_VALUE, 1);
            ended.end();

            book.restore(List.of(live, dead, reused, absurd));

            assertThat(book.live()).containsExactly(live);
            assertThat(told).containsExactly(List.of(live));

            process.end();
            book.sweep();
            assertThat(book.live()).isEmpty();
        }
    }

    @Test
    void aProcessThatBecomesAnotherProgramKeepsItsGrant() throws Exception {
        // Given a JVM, which calls execve from a thread that is not its first
        Process child = ChildJvm.start(ExecOnCommand.class);
        try (BufferedReader said = child.inputReader(StandardCharsets.UTF_8)) {
            assertThat(said.readLine()).isEqualTo("ready");
            int pid = Math.toIntExact(child.pid());
            long startTicks = PROC.startTicks(pid).orElseThrow();
            try (Pidfd process = Pidfd.open(pid)) {
                book.add(GrantFixtures.grant(pid, startTicks), process);
            }

            // When
            child.outputWriter().append("go\n").flush();
            assertThat(said.readLine()).isEqualTo("from cat");

            // Then
            book.sweep();
            assertThat(PROC.status(pid).orElseThrow().name()).isEqualTo("cat");
            assertThat(PROC.startTicks(pid)).hasValue(startTicks);
            assertThat(book.live()).hasSize(1);
        } finally {
            child.destroyForcibly();
        }
    }

    @Test
    void tellsWhenTheReportNamesAGrant() throws Exception {
        try (Sleeper process = new Sleeper()) {
            Grant grant = write(process);
            assertThat(book.awaitReported(GrantFixtures.POD_UID, Duration.ZERO)).isFalse();
            assertThat(book.awaitReported("another pod", Duration.ZERO)).isFalse();

            CompletableFuture<Boolean> waiting = CompletableFuture.supplyAsync(
                    () -> book.awaitReported(GrantFixtures.POD_UID, Duration.ofSeconds(20)));
            book.reported(List.of(grant));

            assertThat(waiting.get(20, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void aRestoredGrantIsAReportedOne() throws Exception {
        try (Sleeper process = new Sleeper()) {
            book.restore(List.of(GrantFixtures.grant(
                    process.pid(), PROC.startTicks(process.pid()).orElseThrow())));

            assertThat(book.awaitReported(GrantFixtures.POD_UID, Duration.ZERO)).isTrue();
        }
    }

    private Grant write(Sleeper process) throws Exception {
        Grant grant = GrantFixtures.grant(
                process.pid(), PROC.startTicks(process.pid()).orElseThrow());
        try (Pidfd pidfd = Pidfd.open(process.pid())) {
            book.add(grant, pidfd);
        }
        return grant;
    }
}
