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
    private GrantRegistry registry;

    @BeforeEach
    void open() {
        cgroups = new FakeCgroups(temp.resolve("cgroup"));
        registry = new GrantRegistry(PROC, cgroups.tree(), told::add);
    }

    @Test
    void endsAGrantWithItsProcessAndCallsTheListener() throws Exception {
        Sleeper process = new Sleeper();
        Grant grant = write(process);
        registry.sweep();
        assertThat(registry.live()).containsExactly(grant);

        process.end();
        registry.sweep();
        registry.sweep();

        assertThat(told).containsExactly(List.of(grant), List.of());
    }

    @Test
    void keepsAnEndedGrantAsLongAsThePodExists() throws Exception {
        Path pod = cgroups.put(1, POD, "");
        Sleeper process = new Sleeper();
        write(process);
        process.end();
        registry.sweep();
        assertThat(registry.find(GrantFixtures.POD_UID)).isPresent();

        Files.delete(pod.resolve("cgroup.procs"));
        Files.delete(pod);
        registry.sweep();

        assertThat(registry.find(GrantFixtures.POD_UID)).isEmpty();
    }

    @Test
    void restoresGrantsWhoseProcessIsAlive() throws Exception {
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

            registry.restore(List.of(live, dead, reused, absurd));

            assertThat(registry.live()).containsExactly(live);
            assertThat(told).containsExactly(List.of(live));

            process.end();
            registry.sweep();
            assertThat(registry.live()).isEmpty();
        }
    }

    @Test
    void aProcessThatBecomesAnotherProgramKeepsItsGrant() throws Exception {
        // Given a JVM, which calls execve from a thread that is not its first
        Process child = ChildJvm.start(ExecOnCommand.class);
        try (BufferedReader output = child.inputReader(StandardCharsets.UTF_8)) {
            assertThat(output.readLine()).isEqualTo("ready");
            int pid = Math.toIntExact(child.pid());
            long startTicks = PROC.startTicks(pid).orElseThrow();
            try (Pidfd process = Pidfd.open(pid)) {
                registry.add(GrantFixtures.grant(pid, startTicks), process);
            }

            // When
            child.outputWriter().append("go\n").flush();
            assertThat(output.readLine()).isEqualTo("from cat");

            // Then
            registry.sweep();
            assertThat(PROC.status(pid).orElseThrow().name()).isEqualTo("cat");
            assertThat(PROC.startTicks(pid)).hasValue(startTicks);
            assertThat(registry.live()).hasSize(1);
        } finally {
            child.destroyForcibly();
        }
    }

    @Test
    void waitsUntilTheReportHasAGrant() throws Exception {
        try (Sleeper process = new Sleeper()) {
            Grant grant = write(process);
            assertThat(registry.awaitReported(GrantFixtures.POD_UID, Duration.ZERO))
                    .isFalse();
            assertThat(registry.awaitReported("another pod", Duration.ZERO)).isFalse();

            CompletableFuture<Boolean> waiting = CompletableFuture.supplyAsync(
                    () -> registry.awaitReported(GrantFixtures.POD_UID, Duration.ofSeconds(20)));
            registry.reported(List.of(grant));

            assertThat(waiting.get(20, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void aRestoredGrantCountsAsReported() throws Exception {
        try (Sleeper process = new Sleeper()) {
            registry.restore(List.of(GrantFixtures.grant(
                    process.pid(), PROC.startTicks(process.pid()).orElseThrow())));

            assertThat(registry.awaitReported(GrantFixtures.POD_UID, Duration.ZERO))
                    .isTrue();
        }
    }

    private Grant write(Sleeper process) throws Exception {
        Grant grant = GrantFixtures.grant(
                process.pid(), PROC.startTicks(process.pid()).orElseThrow());
        try (Pidfd pidfd = Pidfd.open(process.pid())) {
            registry.add(grant, pidfd);
        }
        return grant;
    }
}
