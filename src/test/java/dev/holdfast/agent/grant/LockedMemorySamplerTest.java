package dev.holdfast.agent.grant;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.node.Grant;
import dev.holdfast.host.kernel.Pidfd;
import dev.holdfast.telemetry.AgentMeters;
import dev.holdfast.testbed.fixtures.FakeCgroups;
import dev.holdfast.testbed.fixtures.FakeProc;
import dev.holdfast.testbed.fixtures.Sleeper;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** VM with a limit of 32 MiB, of which 1 MiB is margin. The threshold is half a MiB; 640 KiB are 2 %. */
class LockedMemorySamplerTest {
    private static final long KIB = 1024;
    private static final long LIMIT_KIB = GrantFixtures.LIMIT_BYTES / KIB;

    @TempDir
    Path temp;

    private final List<List<Grant>> reported = new ArrayList<>();
    private final SimpleMeterRegistry meterRegistry = new SimpleMeterRegistry();
    private Instant now = Instant.parse("2026-11-22T12:00:00Z");
    private Sleeper process;
    private FakeProc proc;
    private GrantRegistry registry;
    private LockedMemorySampler memory;

    @BeforeEach
    void open() throws IOException {
        process = new Sleeper();
        proc = new FakeProc(temp.resolve("proc"));
        locks(0);
        registry = new GrantRegistry(proc.procfs(), new FakeCgroups(temp.resolve("cgroup")).tree(), reported::add);
        memory = memory(registry);
    }

    @AfterEach
    void end() {
        process.close();
    }

    @Test
    void readsNothingWithoutAGrant() {
        assertThat(memory.sample()).isEmpty();
        assertThat(meterRegistry.find("holdfast.vm.locked").gauges()).isEmpty();
    }

    @Test
    void reportsLockedMemoryOnceItHasSettled() throws Exception {
        grant();

        for (long kib : new long[] {0, 0, 20_000, 30_000, 30_000, 31_000, 31_000}) {
            locks(kib);
            sampleAfter(1);
        }

        assertThat(reported).hasSize(1);
        assertThat(reported()).isEqualTo(30_000 * KIB);
        assertThat(gauge("holdfast.vm.locked")).isEqualTo(31_000.0 * KIB);
        assertThat(gauge("holdfast.vm.memlock.limit")).isEqualTo(GrantFixtures.LIMIT_BYTES);
    }

    /** On a slow node QEMU pauses for seconds between two of its mappings. */
    @Test
    void isNotDeceivedByAPauseWhileQemuMapsItsMemory() throws Exception {
        grant();

        for (int second = 0; second < 10; second++) {
            locks(2048);
            sampleAfter(1);
        }
        assertThat(reported).isEmpty();

        locks(30_000);
        sampleAfter(1);
        sampleAfter(1);
        assertThat(reported()).isEqualTo(30_000 * KIB);
    }

    @Test
    void reportsLessThanThePlanRequiresOnceItIsSteady() throws Exception {
        grant();
        locks(2048);
        sampleAfter(1);
        sampleAfter(14);
        assertThat(reported).isEmpty();

        sampleAfter(1);
        assertThat(reported()).isEqualTo(2048 * KIB);
    }

    @Test
    void keepsThePeak() throws Exception {
        grant();
        for (long kib : new long[] {1000, 5000, 2000}) {
            locks(kib);
            sampleAfter(1);
        }

        assertThat(gauge("holdfast.vm.locked")).isEqualTo(2000.0 * KIB);
        assertThat(gauge("holdfast.vm.locked.peak")).isEqualTo(5000.0 * KIB);
        assertThat(gauge("holdfast.vm.memlock.headroom")).isEqualTo(GrantFixtures.LIMIT_BYTES - 2000.0 * KIB);
    }

    @Test
    void samplesEverySecondInTheFirstMinuteAndThenAtTheInterval() throws Exception {
        grant();
        assertThat(memory.sample()).contains(Duration.ofSeconds(1));
        now = now.plusMillis(400);
        locks(7);
        assertThat(memory.sample()).contains(Duration.ofMillis(600));
        assertThat(gauge("holdfast.vm.locked")).isZero();

        now = now.plusSeconds(60);
        assertThat(memory.sample()).contains(Duration.ofMillis(14_600));
        assertThat(gauge("holdfast.vm.locked")).isEqualTo(7.0 * KIB);

        now = now.plusSeconds(14);
        locks(8);
        assertThat(memory.sample()).contains(Duration.ofMillis(600));
        assertThat(gauge("holdfast.vm.locked")).isEqualTo(7.0 * KIB);
    }

    /** Otherwise the agent of a node with 100 VMs would wake seven times a second. */
    @Test
    void samplesAllVmsAtTheSameTimes() throws Exception {
        grant(GrantFixtures.POD_UID);
        now = now.plusSeconds(65);
        memory.sample();
        grant("another-pod");
        now = now.plusSeconds(4);
        assertThat(memory.sample()).contains(Duration.ofSeconds(6));

        now = now.plusSeconds(6);
        locks(9);

        assertThat(memory.sample()).contains(Duration.ofSeconds(15));
        assertThat(gauge("holdfast.vm.locked")).isEqualTo(9.0 * KIB);
    }

    @Test
    void keepsSamplingWhenTheClockIsSetBack() throws Exception {
        grant();
        memory.sample();
        now = now.minusSeconds(100_000);
        locks(9);

        memory.sample();

        assertThat(gauge("holdfast.vm.locked")).isEqualTo(9.0 * KIB);
    }

    @Test
    void reportsLowHeadroomOnceAndItsEndOnce() throws Exception {
        grant();
        settle(LIMIT_KIB - 1024);
        reported.clear();

        lockOver(LIMIT_KIB - 511, LIMIT_KIB - 100, LIMIT_KIB - 511, LIMIT_KIB - 600);
        assertThat(reported).as("low headroom").hasSize(1);
        assertThat(reported()).isEqualTo((LIMIT_KIB - 511) * KIB);

        lockFor(LockedMemorySampler.CALM, LIMIT_KIB - 768);
        assertThat(reported).as("sufficient headroom").hasSize(2);
        assertThat(reported()).isEqualTo((LIMIT_KIB - 768) * KIB);
        lockOver(LIMIT_KIB - 600, LIMIT_KIB - 512);
        assertThat(reported).hasSize(2);
    }

    /** A guest with a vIOMMU unmaps all its memory, and maps it again, when it turns translation on and off. */
    @Test
    void keepsTheWarningForAGuestThatMapsAndUnmaps() throws Exception {
        grant();
        settle(LIMIT_KIB - 1024);
        reported.clear();

        for (int i = 0; i < 3; i++) {
            lockOver(LIMIT_KIB - 100);
            lockFor(LockedMemorySampler.CALM.minusSeconds(60), LIMIT_KIB / 2);
        }

        assertThat(reported).hasSize(1);
        assertThat(reported()).isEqualTo((LIMIT_KIB - 100) * KIB);
    }

    @Test
    void writesAtMostTwiceInTenMinutesWhateverTheGuestDoes() throws Exception {
        long seed = 20151110;
        Random random = new Random(seed);
        grant();
        settle(LIMIT_KIB - 1024);
        reported.clear();
        List<Instant> writes = new ArrayList<>();

        for (int round = 0; round < 12; round++) {
            // It pauses for about the time after which a warning is withdrawn.
            int calm = 35 + random.nextInt(10);
            for (int i = 0; i < calm + 5; i++) {
                lockOver(i < calm || random.nextBoolean() ? LIMIT_KIB / 2 : LIMIT_KIB - random.nextInt(100));
                reported.forEach(write -> writes.add(now));
                reported.clear();
            }
        }

        assertThat(writes).as("seed %d", seed).hasSizeGreaterThan(4);
        for (int i = 2; i < writes.size(); i++) {
            assertThat(Duration.between(writes.get(i - 2), writes.get(i)))
                    .as("seed %d, writes %s", seed, writes.subList(i - 2, i + 1))
                    .isGreaterThanOrEqualTo(LockedMemorySampler.CALM);
        }
    }

    @Test
    void restartsTheCalmPeriodWhenTheClockIsSetBack() throws Exception {
        grant();
        settle(LIMIT_KIB - 1024);
        lockOver(LIMIT_KIB - 100, LIMIT_KIB / 2);
        reported.clear();

        now = now.minusSeconds(100_000);
        lockFor(LockedMemorySampler.CALM, LIMIT_KIB / 2);

        assertThat(reported).hasSize(1);
    }

    @Test
    void theNextAgentKnowsTheReportedValues() throws Exception {
        grant();
        settle(LIMIT_KIB - 1024);
        lockOver(LIMIT_KIB - 100);
        List<Grant> left = registry.live();
        reported.clear();

        registry = new GrantRegistry(proc.procfs(), new FakeCgroups(temp.resolve("cgroup")).tree(), reported::add);
        memory = memory(registry);
        registry.restore(left);
        reported.clear();
        lockOver(LIMIT_KIB - 600, LIMIT_KIB - 90);
        assertThat(reported).isEmpty();

        lockFor(LockedMemorySampler.CALM, LIMIT_KIB - 1000);
        assertThat(reported).hasSize(1);
    }

    private void settle(long kib) {
        lockOver(kib, kib);
    }

    private void lockOver(long... each) {
        for (long kib : each) {
            locks(kib);
            sampleAfter(15);
        }
    }

    private void lockFor(Duration time, long kib) {
        for (Instant end = now.plus(time).plusSeconds(15); now.isBefore(end); ) {
            lockOver(kib);
        }
    }

    private void sampleAfter(long seconds) {
        now = now.plusSeconds(seconds);
        Optional<Duration> next = memory.sample();
        assertThat(next).isPresent();
    }

    private void locks(long kib) {
        proc.show(process.pid(), "1", "x", kib);
    }

    private long reported() {
        return Objects.requireNonNull(registry.live().getFirst().lockedBytes());
    }

    private double gauge(String name) {
        return meterRegistry
                .get(name)
                .tags("namespace", GrantFixtures.NAMESPACE, "name", GrantFixtures.NAME)
                .gauge()
                .value();
    }

    private LockedMemorySampler memory(GrantRegistry of) {
        return new LockedMemorySampler(
                of, proc.procfs(), new AgentMeters(meterRegistry), () -> now, Duration.ofSeconds(15));
    }

    private void grant() throws Exception {
        grant(GrantFixtures.POD_UID);
    }

    private void grant(String podUid) throws Exception {
        Grant grant = GrantFixtures.grant(
                podUid, process.pid(), proc.procfs().startTicks(process.pid()).orElseThrow());
        try (Pidfd pidfd = Pidfd.open(process.pid())) {
            registry.add(grant, pidfd);
        }
        reported.clear();
    }
}
