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

/** A VM with a limit of 32 MiB, 1 MiB of it margin: half a MiB is the threshold, 640 KiB being 2 %. */
class LockedMemorySamplerTest {
    private static final long KIB = 1024;
    private static final long LIMIT_KIB = GrantFixtures.LIMIT_BYTES / KIB;

    @TempDir
    Path temp;

    private final List<List<Grant>> told = new ArrayList<>();
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private Instant now = Instant.parse("2026-11-22T12:00:00Z");
    private Sleeper process;
    private FakeProc proc;
    private GrantRegistry book;
    private LockedMemorySampler memory;

    @BeforeEach
    void open() throws IOException {
        process = new Sleeper();
        proc = new FakeProc(temp.resolve("proc"));
        locks(0);
        book = new GrantRegistry(proc.procfs(), new FakeCgroups(temp.resolve("cgroup")).tree(), told::add);
        memory = memory(book);
    }

    @AfterEach
    void end() {
        process.close();
    }

    @Test
    void readsNothingAndAsksForNothingWithoutAGrant() {
        assertThat(memory.sample()).isEmpty();
        assertThat(registry.find("holdfast.vm.locked").gauges()).isEmpty();
    }

    @Test
    void reportsLockedMemoryOnceWhenItHasSettled() throws Exception {
        grant();

        for (long kib : new long[] {0, 0, 1000, 2000, 2000, 3000, 3000}) {
            locks(kib);
            sampleAfter(1);
        }

        assertThat(told).hasSize(1);
        assertThat(reported()).isEqualTo(2000 * KIB);
        assertThat(gauge("holdfast.vm.locked")).isEqualTo(3000.0 * KIB);
        assertThat(gauge("holdfast.vm.memlock.limit")).isEqualTo(GrantFixtures.LIMIT_BYTES);
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
    void looksEverySecondInTheFirstMinuteAndThenAtItsInterval() throws Exception {
        grant();
        assertThat(memory.sample()).contains(Duration.ofSeconds(1));
        now = now.plusMillis(400);
        locks(7);
        assertThat(memory.sample()).contains(Duration.ofMillis(600));
        assertThat(gauge("holdfast.vm.locked")).isZero();

        now = now.plusSeconds(60);
        assertThat(memory.sample()).contains(Duration.ofSeconds(15));
        assertThat(gauge("holdfast.vm.locked")).isEqualTo(7.0 * KIB);

        now = now.plusSeconds(14);
        locks(8);
        assertThat(memory.sample()).contains(Duration.ofSeconds(1));
        assertThat(gauge("holdfast.vm.locked")).isEqualTo(7.0 * KIB);
    }

    @Test
    void goesOnLookingWhenTheClockIsSetBack() throws Exception {
        grant();
        memory.sample();
        now = now.minusSeconds(100_000);
        locks(9);

        memory.sample();

        assertThat(gauge("holdfast.vm.locked")).isEqualTo(9.0 * KIB);
    }

    @Test
    void reportsOnceThatLittleIsLeftAndOnceThatEnoughIsAgain() throws Exception {
        grant();
        settle(LIMIT_KIB - 1024);
        told.clear();

        lockOver(LIMIT_KIB - 511, LIMIT_KIB - 100, LIMIT_KIB - 511, LIMIT_KIB - 600);
        assertThat(told).as("little is left").hasSize(1);
        assertThat(reported()).isEqualTo((LIMIT_KIB - 511) * KIB);

        lockFor(LockedMemorySampler.CALM, LIMIT_KIB - 768);
        assertThat(told).as("enough is left").hasSize(2);
        assertThat(reported()).isEqualTo((LIMIT_KIB - 768) * KIB);
        lockOver(LIMIT_KIB - 600, LIMIT_KIB - 512);
        assertThat(told).hasSize(2);
    }

    /** A guest with an IOMMU of its own unmaps all, and maps it again, as it turns translation on and off. */
    @Test
    void keepsTheWarningOfAGuestThatMapsAndUnmaps() throws Exception {
        grant();
        settle(LIMIT_KIB - 1024);
        told.clear();

        for (int i = 0; i < 3; i++) {
            lockOver(LIMIT_KIB - 100);
            lockFor(LockedMemorySampler.CALM.minusSeconds(60), LIMIT_KIB / 2);
        }

        assertThat(told).hasSize(1);
        assertThat(reported()).isEqualTo((LIMIT_KIB - 100) * KIB);
    }

    @Test
    void writesAtMostTwiceInTenMinutesWhateverTheGuestDoes() throws Exception {
        long seed = 20151110;
        Random random = new Random(seed);
        grant();
        settle(LIMIT_KIB - 1024);
        told.clear();
        List<Instant> writes = new ArrayList<>();

        for (int round = 0; round < 12; round++) {
            // It rests for about as long as it takes to take a warning back.
            int calm = 35 + random.nextInt(10);
            for (int i = 0; i < calm + 5; i++) {
                lockOver(i < calm || random.nextBoolean() ? LIMIT_KIB / 2 : LIMIT_KIB - random.nextInt(100));
                told.forEach(write -> writes.add(now));
                told.clear();
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
    void beginsTheCalmAnewWhenTheClockIsSetBack() throws Exception {
        grant();
        settle(LIMIT_KIB - 1024);
        lockOver(LIMIT_KIB - 100, LIMIT_KIB / 2);
        told.clear();

        now = now.minusSeconds(100_000);
        lockFor(LockedMemorySampler.CALM, LIMIT_KIB / 2);

        assertThat(told).hasSize(1);
    }

    @Test
    void anotherAgentKnowsWhatThisOneHasTold() throws Exception {
        grant();
        settle(LIMIT_KIB - 1024);
        lockOver(LIMIT_KIB - 100);
        List<Grant> left = book.live();
        told.clear();

        book = new GrantRegistry(proc.procfs(), new FakeCgroups(temp.resolve("cgroup")).tree(), told::add);
        memory = memory(book);
        book.restore(left);
        told.clear();
        lockOver(LIMIT_KIB - 600, LIMIT_KIB - 90);
        assertThat(told).isEmpty();

        lockFor(LockedMemorySampler.CALM, LIMIT_KIB - 1000);
        assertThat(told).hasSize(1);
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
        return Objects.requireNonNull(book.live().getFirst().lockedBytes());
    }

    private double gauge(String name) {
        return registry.get(name)
                .tags("namespace", GrantFixtures.NAMESPACE, "name", GrantFixtures.NAME)
                .gauge()
                .value();
    }

    private LockedMemorySampler memory(GrantRegistry of) {
        return new LockedMemorySampler(of, proc.procfs(), new AgentMeters(registry), () -> now, Duration.ofSeconds(15));
    }

    private void grant() throws Exception {
        Grant grant = GrantFixtures.grant(
                process.pid(), proc.procfs().startTicks(process.pid()).orElseThrow());
        try (Pidfd pidfd = Pidfd.open(process.pid())) {
            book.add(grant, pidfd);
        }
        told.clear();
    }
}
