package dev.holdfast.plan.status;

import static dev.holdfast.testbed.fixtures.Samples.DEFAULTS;
import static dev.holdfast.testbed.fixtures.Samples.NOW;
import static dev.holdfast.testbed.fixtures.Samples.VM_UID;
import static dev.holdfast.testbed.fixtures.Samples.ago;
import static dev.holdfast.testbed.fixtures.Samples.grant;
import static dev.holdfast.testbed.fixtures.Samples.node;
import static dev.holdfast.testbed.fixtures.Samples.pod;
import static dev.holdfast.testbed.fixtures.Samples.vm;
import static dev.holdfast.testbed.fixtures.Samples.with;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.groups.Tuple.tuple;

import dev.holdfast.api.Cause;
import dev.holdfast.api.Reason;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.Columns;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.api.vm.StartTimes;
import dev.holdfast.plan.pod.HumanBytes;
import dev.holdfast.testbed.fixtures.ObservedStates;
import dev.holdfast.testbed.fixtures.Samples;
import dev.holdfast.testbed.fixtures.Statuses;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Parts of the status of a start other than its memlock plan: times, IP address, columns for kubectl, Events. */
final class StartTimelineTest {
    private static final PassthroughNode IDLE = node(List.of());
    private static final PassthroughNode GRANTED = node(List.of(), grant("pod-1", VM_UID, 134217728L));

    @Test
    void recordsTimestampsWithoutAdditionalWrites() {
        // Given a pod that was made four seconds ago and bound
        PassthroughVMStatus bound = plan(null, madePod(), IDLE, NOW.minusSeconds(4));
        assertThat(bound.startTimes()).isEqualTo(new StartTimes(ago(4), null, null, null, null));

        // When the start completes
        PassthroughVMStatus passing = plan(bound, runningPod(), IDLE, NOW.minusSeconds(1));
        PassthroughVMStatus running = plan(bound, runningPod(), GRANTED, NOW);

        // Then the intermediate steps are written with the last
        assertThat(passing).isEqualTo(bound);
        assertThat(running.phase()).isEqualTo(Phase.Running);
        assertThat(running.startTimes()).isEqualTo(new StartTimes(ago(4), ago(3), ago(2), ago(1), NOW.toString()));
        assertThat(StartPhase.justEnded(bound, running))
                .containsExactlyInAnyOrderEntriesOf(Map.of(
                        StartPhase.SCHEDULING, Duration.ofSeconds(1),
                        StartPhase.PREPARING, Duration.ofSeconds(1),
                        StartPhase.GRANTING, Duration.ofSeconds(1),
                        StartPhase.EXECUTING, Duration.ofSeconds(1),
                        StartPhase.TOTAL, Duration.ofSeconds(4)));

        // And later plans do not change it, and it is counted once
        assertThat(plan(running, runningPod(), GRANTED, NOW.plusSeconds(60))).isEqualTo(running);
        assertThat(StartPhase.justEnded(running, running)).isEmpty();
    }

    @Test
    void keepsTimestampsWhenAgentOrOperatorRestarts() {
        PassthroughVMStatus running = plan(plan(null, madePod(), IDLE, NOW), runningPod(), GRANTED, NOW);
        PassthroughNode later = node(List.of(), grant("pod-1", VM_UID, 135000000L));

        PassthroughVMStatus again = plan(running, runningPod(), later, NOW.plusSeconds(600));

        assertThat(again.startTimes()).isEqualTo(running.startTimes());
        assertThat(StartPhase.justEnded(running, again)).isEmpty();
    }

    @Test
    void doesNotCountAnUpgradeOfTheOperatorAsAStart() {
        PassthroughVMStatus running = plan(plan(null, madePod(), IDLE, NOW), runningPod(), GRANTED, NOW);
        PassthroughVMStatus older = Statuses.without(running, "podIP", "startTimes", "columns");

        PassthroughVMStatus upgraded = plan(older, runningPod(), GRANTED, NOW.plusSeconds(86400));

        assertThat(upgraded.startTimes()).isEqualTo(new StartTimes(ago(4), ago(3), ago(2), ago(1), null));
        assertThat(upgraded.podIP()).isEqualTo("10.1.2.3");
        assertThat(StartPhase.justEnded(older, upgraded)).isEmpty();
        assertThat(plan(upgraded, runningPod(), GRANTED, NOW.plusSeconds(86401)))
                .isEqualTo(upgraded);
    }

    @Test
    void reportsNoNegativeDurations() {
        Pod pod = new PodBuilder(runningPod())
                .editMetadata()
                .withCreationTimestamp(NOW.plusSeconds(30).toString())
                .endMetadata()
                .build();

        PassthroughVMStatus running = plan(plan(null, pod, IDLE, NOW), pod, GRANTED, NOW);

        assertThat(StartPhase.justEnded(null, running)).containsEntry(StartPhase.TOTAL, Duration.ZERO);
    }

    @Test
    void showsTheAddressWhileThePodHasOne() {
        PassthroughVMStatus running = plan(plan(null, madePod(), IDLE, NOW), runningPod(), GRANTED, NOW);
        Pod ended = Samples.ended(runningPod(), 1, Duration.ofSeconds(30), null);
        ended.getStatus().setPodIP("10.1.2.3");

        assertThat(running.podIP()).isEqualTo("10.1.2.3");
        assertThat(plan(running, ended, IDLE, NOW).podIP()).isNull();
        assertThat(plan(running, null, IDLE, NOW).podIP()).isNull();
    }

    @Test
    void computesTheColumnsOfKubectl() {
        PassthroughVMStatus bound = plan(null, madePod(), IDLE, NOW);
        PassthroughVMStatus running = plan(bound, runningPod(), GRANTED, NOW);

        assertThat(bound.columns()).isEqualTo(new Columns(1, "129.3Mi", null));
        assertThat(running.columns()).isEqualTo(new Columns(1, "129.3Mi", "128.0Mi"));
        assertThat(plan(running, Samples.ended(runningPod(), 0, Duration.ofSeconds(30), null), IDLE, NOW)
                        .columns())
                .as("an ended machine has no locked memory")
                .isEqualTo(new Columns(1, "129.3Mi", null));
        assertThat(Samples.planned(ObservedStates.of(Samples.halted(), null), DEFAULTS, NOW)
                        .status()
                        .columns())
                .isEqualTo(new Columns(1, null, null));
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "1023, 1023",
        "1024, 1.0Ki",
        "1048524, 1023.9Ki",
        "1048525, 1.0Mi",
        "69041389568, 64.3Gi",
        "70368744177664, 64.0Ti",
        "9223372036854775807, 8192.0Pi"
    })
    void formatsBytesForPeople(long bytes, String text) {
        assertThat(HumanBytes.bytes(bytes)).isEqualTo(text);
    }

    @Test
    void recordsAStartInEvents() {
        PassthroughVMStatus bound = plan(null, madePod(), IDLE, NOW);
        PassthroughVMStatus running = plan(bound, runningPod(), GRANTED, NOW);

        assertThat(StatusEvents.between(null, bound))
                .extracting(notice -> notice.cause().reason())
                .containsExactly("Scheduling");
        assertThat(StatusEvents.between(bound, running))
                .extracting(
                        notice -> notice.cause().reason(),
                        notice -> notice.cause().message())
                .containsExactly(
                        tuple(
                                "Granted",
                                "gpu0 is 0000:01:00.0 on node node-1; the kernel of node node-1 reports 135528448 bytes for RLIMIT_MEMLOCK of process 4242"),
                        tuple("Running", "QEMU runs on node node-1"));
        assertThat(StatusEvents.between(bound, running)).noneMatch(StatusEvents::warning);
        assertThat(StatusEvents.between(running, running)).isEmpty();
    }

    @Test
    void reportsThatAPodIsRemovedFromItsNode() {
        PassthroughVMStatus running = plan(plan(null, madePod(), IDLE, NOW), runningPod(), GRANTED, NOW);
        Pod evicted = Samples.drained(runningPod());

        PassthroughVMStatus stopping = plan(running, evicted, GRANTED, NOW);

        assertThat(stopping.phase()).isEqualTo(Phase.Stopping);
        assertThat(StatusEvents.between(running, stopping)).singleElement().satisfies(notice -> {
            assertThat(notice.warning()).isFalse();
            assertThat(notice.cause())
                    .isEqualTo(
                            new Cause(
                                    Reason.PodEvicted,
                                    "pod gpu-vm is being removed from its node (Eviction API: evicting), so the guest is asked to power off; a new pod follows"));
        });
    }

    private static Pod madePod() {
        return new PodBuilder(pod("pod-1"))
                .editMetadata()
                .withCreationTimestamp(ago(4))
                .endMetadata()
                .build();
    }

    private static Pod runningPod() {
        Pod started = Samples.started(madePod(), 2);
        return new PodBuilder(started)
                .editStatus()
                .withPodIP("10.1.2.3")
                .addNewCondition()
                .withType("PodScheduled")
                .withStatus("True")
                .withLastTransitionTime(ago(3))
                .endCondition()
                .endStatus()
                .build();
    }

    private static PassthroughVMStatus plan(
            @Nullable PassthroughVMStatus before, @Nullable Pod pod, PassthroughNode node, Instant now) {
        PassthroughVM vm = before == null ? vm() : with(vm(), before);
        return Samples.planned(ObservedStates.of(vm, pod, node), DEFAULTS, now).status();
    }
}
