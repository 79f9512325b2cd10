package dev.holdfast.plan.lifecycle;

import static dev.holdfast.testbed.fixtures.Samples.DEFAULTS;
import static dev.holdfast.testbed.fixtures.Samples.NOW;
import static dev.holdfast.testbed.fixtures.Samples.VM_UID;
import static dev.holdfast.testbed.fixtures.Samples.device;
import static dev.holdfast.testbed.fixtures.Samples.ended;
import static dev.holdfast.testbed.fixtures.Samples.grant;
import static dev.holdfast.testbed.fixtures.Samples.leaving;
import static dev.holdfast.testbed.fixtures.Samples.node;
import static dev.holdfast.testbed.fixtures.Samples.pod;
import static dev.holdfast.testbed.fixtures.Samples.started;
import static dev.holdfast.testbed.fixtures.Samples.vm;
import static dev.holdfast.testbed.fixtures.Samples.with;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.node.DeviceState;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.api.vm.RunStrategy;
import dev.holdfast.plan.lifecycle.Action.CreatePod;
import dev.holdfast.plan.lifecycle.Action.DeletePod;
import dev.holdfast.plan.lifecycle.Action.Nothing;
import dev.holdfast.plan.pod.KeptSpec;
import dev.holdfast.plan.status.StatusEvents;
import dev.holdfast.plan.status.VmConditions;
import dev.holdfast.testbed.fixtures.Samples;
import dev.holdfast.testbed.fixtures.Statuses;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Run strategies, back-off, requested restarts and required restarts. */
final class VmLifeTest {
    private static final PassthroughNode IDLE = node(List.of(device("0000:01:00.0", DeviceState.Free, null)));
    private static final PassthroughNode GRANTED = node(List.of(), grant("pod-1", VM_UID, 134217728L));
    private static final Instant LATER = NOW.plusSeconds(3600);
    private static final DeletePod DELETE = new DeletePod("gpu-vm", "pod-1", Optional.empty());

    // The run strategy.

    @ParameterizedTest
    @CsvSource({
        "Always,         0, Succeeded, true",
        "Always,         1, Failed,    true",
        "RerunOnFailure, 0, Succeeded, false",
        "RerunOnFailure, 1, Failed,    true",
        "Once,           0, Succeeded, false",
        "Once,           1, Failed,    false",
    })
    void startsAgainByItsRunStrategy(RunStrategy strategy, int exitCode, Phase phase, boolean again) {
        Pod pod = ended(pod("pod-1"), exitCode, Duration.ofSeconds(30), null);

        PassthroughVMStatus status =
                plan(with(vm(strategy), running()), pod, NOW).status();
        VmPlan later = plan(with(vm(strategy), status), pod, LATER);

        assertThat(status.phase()).isEqualTo(phase);
        assertThat(status.nextStartTime() != null).isEqualTo(again);
        assertThat(later.status()).isEqualTo(status);
        assertThat(later.action()).isEqualTo(again ? DELETE : new Nothing());
        assertThat(ready(status)
                        .getMessage()
                        .contains("spec.runStrategy is " + strategy + ", so the machine stays off"))
                .isEqualTo(!again);
        if (!again) {
            assertThat(later.recheck()).isEmpty();
            // And it stays so while its pod is deleted, and without one.
            assertThat(plan(with(vm(strategy), status), leaving(pod), LATER)).isEqualTo(VmPlan.nothing(status));
            VmPlan gone = plan(with(vm(strategy), status), null, LATER);
            assertThat(gone.action()).isInstanceOf(Nothing.class);
            assertThat(gone.status().phase()).isEqualTo(phase);
            assertThat(ready(gone.status()).getReason()).isEqualTo(ready(status).getReason());
            assertThat(ready(gone.status()).getMessage()).contains("pod gpu-vm is gone", "stays off");
            assertThat(plan(with(vm(strategy), gone.status()), null, LATER)).isEqualTo(VmPlan.nothing(gone.status()));
        }
    }

    @ParameterizedTest
    @CsvSource({"Always, true", "RerunOnFailure, true", "Once, false"})
    void countsADeletedPodAsAFailure(RunStrategy strategy, boolean again) {
        VmPlan going = plan(with(vm(strategy), running()), leaving(started(pod("pod-1"), 60)), NOW);
        VmPlan gone = plan(with(vm(strategy), going.status()), null, NOW);
        VmPlan later = plan(with(vm(strategy), gone.status()), null, LATER);

        assertThat(ready(going.status()).getMessage().contains("a new pod follows"))
                .isEqualTo(again);
        assertThat(gone.status().phase()).isEqualTo(Phase.Failed);
        assertThat(ready(gone.status()).getReason()).isEqualTo("PodVanished");
        assertThat(gone.status().nextStartTime() != null).isEqualTo(again);
        assertThat(later.action() instanceof CreatePod).isEqualTo(again);
        assertThat(later.status()).isEqualTo(gone.status());
    }

    @ParameterizedTest
    @CsvSource({
        "Once,           0, Always,         true",
        "Once,           1, Always,         true",
        "Once,           0, RerunOnFailure, false",
        "Once,           1, RerunOnFailure, true",
        "RerunOnFailure, 0, Always,         true",
        "RerunOnFailure, 0, Once,           false",
        "Always,         0, RerunOnFailure, false",
        "Always,         1, RerunOnFailure, true",
        "Always,         1, Once,           false",
    })
    void appliesAStrategyThatIsChangedAfterTheEnd(
            RunStrategy strategy, int exitCode, RunStrategy changed, boolean again) {
        Pod pod = ended(pod("pod-1"), exitCode, Duration.ofSeconds(30), null);
        PassthroughVMStatus over = plan(with(vm(strategy), running()), pod, NOW).status();

        // With the pod still there, and without it
        PassthroughVMStatus status = plan(with(vm(changed), over), pod, LATER).status();
        VmPlan kept = plan(with(vm(changed), status), pod, LATER);
        VmPlan gone = plan(with(vm(changed), over), null, LATER);

        assertThat(kept.action()).isEqualTo(again ? DELETE : new Nothing());
        assertThat(gone.action() instanceof CreatePod).isEqualTo(again);
        if (!again) {
            assertThat(kept.recheck()).isEmpty();
            assertThat(kept.status().nextStartTime()).isNull();
            assertThat(gone.status().nextStartTime()).isNull();
            assertThat(ready(kept.status()).getMessage()).contains("spec.runStrategy is " + changed);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"Always", "RerunOnFailure", "Once"})
    void runsAgainAfterItWasHalted(RunStrategy strategy) {
        PassthroughVMStatus over = plan(
                        with(vm(RunStrategy.Once), running()),
                        ended(pod("pod-1"), 1, Duration.ofSeconds(30), null),
                        NOW)
                .status();

        VmPlan stop =
                plan(with(vm(RunStrategy.Halted), over), ended(pod("pod-1"), 1, Duration.ofSeconds(30), null), LATER);
        VmPlan stopped = plan(with(vm(RunStrategy.Halted), stop.status()), null, LATER);
        VmPlan start = plan(with(vm(strategy), stopped.status()), null, LATER);
        VmPlan soon = plan(with(vm(strategy), stop.status()), leaving(pod("pod-1")), LATER);

        assertThat(stop.action()).isEqualTo(DELETE);
        assertThat(stopped.status().phase()).isEqualTo(Phase.Stopped);
        assertThat(start.action()).isInstanceOf(CreatePod.class);
        assertThat(ready(soon.status()).getMessage()).startsWith("spec.runStrategy is " + strategy + " again");
    }

    @Test
    void doesNotCountAnUnboundPodAsARun() {
        PassthroughVM changed = vm(RunStrategy.Once);
        changed.getMetadata().setGeneration(2L);

        VmPlan outdated = plan(changed, pod("pod-1"), NOW);
        VmPlan going = plan(with(changed, outdated.status()), leaving(pod("pod-1")), NOW);
        VmPlan gone = plan(with(changed, going.status()), null, NOW);

        assertThat(outdated.action()).isEqualTo(DELETE);
        assertThat(ready(going.status()).getMessage()).contains("a new pod follows");
        assertThat(gone.action()).isInstanceOf(CreatePod.class);
    }

    @Test
    void waitsForTheFormerProcessOfAMachineThatIsToRunAgain() {
        PassthroughVMStatus over = plan(
                        with(vm(RunStrategy.Once), running()),
                        ended(pod("pod-1"), 1, Duration.ofSeconds(30), null),
                        NOW)
                .status();

        VmPlan waits = Samples.planned(
                new ObservedState(with(vm(), over), Optional.empty(), List.of(GRANTED), Samples.CLASSES),
                DEFAULTS,
                LATER);
        VmPlan freed = plan(with(vm(), waits.status()), null, LATER);

        assertThat(ready(waits.status()).getReason()).isEqualTo("FormerProcessAlive");
        assertThat(freed.action()).isInstanceOf(CreatePod.class);
    }

    // Back-off.

    @ParameterizedTest
    @CsvSource({
        "1, 0, GuestPanicked",
        "1, 1, CrashLoopBackOff",
        "1, 4, CrashLoopBackOff",
        "0, 4, Succeeded",
    })
    void showsACrashLoopFromTheSecondRestartOn(int exitCode, int restarts, String printable) {
        PassthroughVMStatus status = plan(
                        with(vm(), restarted(running(), restarts)),
                        ended(pod("pod-1"), exitCode, Duration.ofSeconds(30), null),
                        NOW)
                .status();

        assertThat(status.printableStatus()).isEqualTo(printable);
        if (printable.equals("CrashLoopBackOff")) {
            assertThat(ready(status).getReason()).isEqualTo("GuestPanicked");
            assertThat(ready(status).getMessage())
                    .startsWith("the guest's kernel panicked")
                    .contains(restarts == 1 ? "restarted once already" : "restarted 4 times already")
                    .endsWith("the next start is at " + status.nextStartTime());
        } else {
            assertThat(ready(status).getMessage()).doesNotContain("next start");
        }
    }

    /** The Warning PodVanished is for pods without a reported disruption. */
    @Test
    void doesNotWarnOfADrainedPod() {
        Pod evicted = Samples.drained(started(pod("pod-1"), 60));
        VmPlan going = plan(with(vm(), running()), evicted, NOW);
        VmPlan gone = plan(with(vm(), going.status()), null, NOW);

        assertThat(ready(going.status()).getReason()).isEqualTo("PodEvicted");
        assertThat(ready(gone.status()).getReason()).isEqualTo("PodEvicted");
        assertThat(ready(gone.status()).getMessage())
                .contains("was removed from its node and is gone; a new pod follows");
        assertThat(gone.status().nextStartTime()).isNotNull();
        assertThat(plan(with(vm(), gone.status()), null, LATER).action()).isInstanceOf(CreatePod.class);
    }

    @Test
    void showsACrashLoopOfPodsThatVanishToo() {
        PassthroughVMStatus status =
                plan(with(vm(), restarted(running(), 2)), null, NOW).status();

        assertThat(status.printableStatus()).isEqualTo("CrashLoopBackOff");
        assertThat(ready(status).getReason()).isEqualTo("PodVanished");
        assertThat(ready(status).getMessage()).endsWith("the next start is at " + status.nextStartTime());
        assertThat(plan(with(vm(RunStrategy.Once), restarted(running(), 2)), null, NOW)
                        .status()
                        .printableStatus())
                .isEqualTo("PodVanished");
    }

    // Requested restarts.

    @ParameterizedTest
    @ValueSource(strings = {"2026-11-22T12:00:00Z", "2026-11-22T13:00:00.5+01:00", "2999-01-01T00:00:00Z"})
    void restartsOnceForATimeAfterTheStart(String at) {
        // When
        VmPlan restart = plan(asked(at, restarted(running(), 3)), started(pod("pod-1"), 60), NOW);

        // Then the pod is deleted, and meanwhile nothing else happens
        assertThat(restart.action()).isEqualTo(DELETE);
        assertThat(restart.status().phase()).isEqualTo(Phase.Stopping);
        assertThat(ready(restart.status()).getReason()).isEqualTo("Restarting");
        assertThat(StatusEvents.between(running(), restart.status()))
                .singleElement()
                .satisfies(notice -> {
                    assertThat(notice.warning()).isFalse();
                    assertThat(notice.cause().message())
                            .isEqualTo(ready(restart.status()).getMessage());
                });
        VmPlan going = plan(asked(at, restart.status()), leaving(started(pod("pod-1"), 60)), NOW.plusSeconds(1));
        assertThat(going).isEqualTo(VmPlan.nothing(restart.status()));

        // And another pod is created at once, which is not restarted again
        VmPlan gone = plan(asked(at, going.status()), null, NOW.plusSeconds(2));
        assertThat(gone.action()).isInstanceOf(CreatePod.class);
        VmPlan next = plan(asked(at, going.status()), pod("pod-2"), NOW.plusSeconds(2));
        assertThat(next.action()).isInstanceOf(Nothing.class);
        assertThat(next.status().restartedAt()).isEqualTo(at);
        assertThat(next.status().restarts()).isZero();
        VmPlan steady = plan(asked(at, next.status()), started(pod("pod-2"), 1), LATER);
        assertThat(steady.action()).isInstanceOf(Nothing.class);
        assertThat(steady.status().restartedAt()).isEqualTo(at);
    }

    @ParameterizedTest
    @ValueSource(strings = {"2026-11-22T11:58:59Z", "2026-11-22T12:58:59+01:00"})
    void ignoresATimeBeforeTheStart(String at) {
        assertThat(plan(asked(at, running()), started(pod("pod-1"), 60), NOW).action())
                .isInstanceOf(Nothing.class);
    }

    @Test
    void ignoresTheSameTimeInAnotherZone() {
        PassthroughVMStatus served = plan(asked("2999-01-01T01:00:00+01:00", null), pod("pod-1"), NOW)
                .status();

        assertThat(plan(asked("2999-01-01T00:00:00Z", served), started(pod("pod-1"), 1), NOW)
                        .action())
                .isInstanceOf(Nothing.class);
        assertThat(plan(asked("2026-11-22T12:00:00Z", served), started(pod("pod-1"), 1), NOW)
                        .action())
                .isEqualTo(DELETE);
    }

    @Test
    void restartsAPodThatWaitsForANode() {
        Pod waiting = Samples.unschedulable(pod("pod-1"), "Insufficient memory");

        assertThat(plan(asked("2026-11-22T12:00:00Z", running()), waiting, NOW).action())
                .isEqualTo(DELETE);
    }

    @Test
    void endsABackOffWithOrWithoutThePod() {
        Pod failed = ended(pod("pod-1"), 1, Duration.ofSeconds(30), null);
        PassthroughVMStatus waits =
                plan(with(vm(), restarted(running(), 5)), failed, NOW).status();
        String at = NOW.plusSeconds(1).toString();

        VmPlan kept = plan(asked(at, waits), failed, NOW.plusSeconds(2));
        VmPlan keptGone = plan(asked(at, kept.status()), null, NOW.plusSeconds(3));
        VmPlan gone = plan(asked(at, waits), null, NOW.plusSeconds(2));

        assertThat(kept.action()).isEqualTo(DELETE);
        assertThat(keptGone.action()).isInstanceOf(CreatePod.class);
        assertThat(gone.action()).isInstanceOf(CreatePod.class);
    }

    @Test
    void startsAGuestThatPoweredItselfOff() {
        Pod off = ended(pod("pod-1"), 0, Duration.ofSeconds(30), null);
        PassthroughVM vm = asked(NOW.plusSeconds(1).toString(), running());
        vm.setSpec(vm(RunStrategy.RerunOnFailure).getSpec());
        PassthroughVMStatus over =
                plan(with(vm(RunStrategy.RerunOnFailure), running()), off, NOW).status();

        assertThat(plan(with(vm, over), off, LATER).action()).isEqualTo(DELETE);
        assertThat(plan(with(vm, over), null, LATER).action()).isInstanceOf(CreatePod.class);
    }

    @ParameterizedTest
    @CsvSource({"now", "2026-11-22", "2026-11-22 12:00:00Z", "1795348800", "''"})
    void reportsAnInvalidTimeOnceAndChangesNothing(String text) {
        VmPlan plan = plan(asked(text, running()), started(pod("pod-1"), 60), NOW);

        assertThat(plan.action()).isInstanceOf(Nothing.class);
        assertThat(plan.status().phase()).isEqualTo(Phase.Running);
        Condition reported = find(plan.status(), "RestartPossible").orElseThrow();
        assertThat(reported.getStatus()).isEqualTo("False");
        assertThat(reported.getReason()).isEqualTo("InvalidRestartedAt");
        assertThat(reported.getMessage())
                .startsWith(
                        "annotation holdfast.dev/restartedAt is \"" + text + "\", so nothing is restarted; it must be");
        assertThat(StatusEvents.between(running(), plan.status()))
                .singleElement()
                .satisfies(notice -> {
                    assertThat(notice.warning()).isTrue();
                    assertThat(notice.cause().message()).isEqualTo(reported.getMessage());
                });

        // And it is written once, and removed with its cause.
        assertThat(plan(asked(text, plan.status()), started(pod("pod-1"), 60), LATER)
                        .status())
                .isEqualTo(plan.status());
        assertThat(plan(with(vm(), plan.status()), started(pod("pod-1"), 60), LATER)
                        .status())
                .isEqualTo(running());
    }

    @Test
    void shortensALongAnnotation() {
        VmPlan plan = plan(asked("x\n".repeat(1000), running()), started(pod("pod-1"), 60), NOW);

        assertThat(find(plan.status(), "RestartPossible").orElseThrow().getMessage())
                .hasSizeLessThan(250)
                .doesNotContain("\n");
    }

    @Test
    void refusesTheRestartOfAMachineThatRunsOnceOrCouldNotBeMade() {
        PassthroughVM once = asked("2026-11-22T12:00:00Z", running());
        once.setSpec(vm(RunStrategy.Once).getSpec());
        PassthroughVM invalid = asked("2026-11-22T12:00:00Z", running());
        invalid.setSpec(vm("memory: {guest: 1Gi}").getSpec());
        invalid.getMetadata().setGeneration(2L);

        VmPlan ofOnce = plan(once, started(pod("pod-1"), 60), NOW);
        VmPlan ofInvalid = plan(invalid, started(pod("pod-1"), 60), NOW);

        assertThat(List.of(ofOnce, ofInvalid)).allSatisfy(plan -> {
            assertThat(plan.action()).isInstanceOf(Nothing.class);
            assertThat(plan.status().phase()).isEqualTo(Phase.Running);
        });
        assertThat(find(ofOnce.status(), "RestartPossible").orElseThrow().getReason())
                .isEqualTo("RunStrategyOnce");
        assertThat(find(ofInvalid.status(), "RestartPossible").orElseThrow()).satisfies(reported -> {
            assertThat(reported.getReason()).isEqualTo("InvalidSpec");
            assertThat(reported.getMessage()).contains("is delayed", "spec.devices: Required value");
        });
    }

    // Required restarts.

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "memory: {guest: 64Gi}, devices: {gpus: [{name: gpu0, deviceName: holdfast.dev/test-gpu}]}                  | spec.memory.guest differs",
                "memory: {guest: 64Gi}, devices: {gpus: [{name: gpu1, deviceName: holdfast.dev/test-gpu}]}                  | spec.memory.guest and spec.devices.gpus differ",
                "memory: {guest: 128Mi, memlock: {policy: Libvirt}}, devices: {gpus: [{name: gpu0, deviceName: holdfast.dev/test-gpu}]} | spec.memory.memlock differs",
                "cpu: {cores: 4}, memory: {guest: 64Gi}, devices: {gpus: [{name: gpu0, deviceName: holdfast.dev/test-gpu}], iommu: {model: intel}} | spec.cpu, spec.memory.guest and spec.devices.iommu differ",
                "memory: {guest: 128Mi}, devices: {gpus: [{name: gpu0, deviceName: holdfast.dev/test-gpu}]}, nodeSelector: {a.b/c: d}, terminationGracePeriodSeconds: 60 | spec.nodeSelector and spec.terminationGracePeriodSeconds differ",
                "memory: {guest: 1Gi}                                                                                       | spec.memory.guest and spec.devices differ",
                // The same machine in another notation, and with another strategy
                "memory: {guest: 131072Ki}, cpu: {cores: 1, sockets: 1}, devices: {gpus: [{name: gpu0, deviceName: holdfast.dev/test-gpu}], video: {type: none}}, runStrategy: RerunOnFailure | ''",
                "memory: {guest: 128Mi}, devices: {gpus: [{name: gpu0, deviceName: holdfast.dev/test-gpu}]}                 | ''",
            })
    void namesTheFieldsThatRequireARestart(String spec, String fields) {
        PassthroughVM changed = with(vm("{" + spec + "}"), running());
        changed.getMetadata().setGeneration(2L);

        VmPlan plan = plan(changed, started(pod("pod-1"), 60), NOW);

        assertThat(plan.action()).isInstanceOf(Nothing.class);
        assertThat(plan.status().phase()).isEqualTo(Phase.Running);
        Optional<Condition> reported = find(plan.status(), "RestartRequired");
        if (fields.isEmpty()) {
            assertThat(reported).isEmpty();
            assertThat(StatusEvents.between(running(), plan.status())).isEmpty();
            return;
        }
        assertThat(reported.orElseThrow().getStatus()).isEqualTo("True");
        assertThat(reported.orElseThrow().getMessage())
                .isEqualTo(
                        fields
                                + " from the spec that pod gpu-vm was made from; restart it, for instance with `kubectl annotate ptvm -n lab gpu-vm --overwrite holdfast.dev/restartedAt=$(date -u +%Y-%m-%dT%H:%M:%SZ)`");
        assertThat(StatusEvents.between(running(), plan.status()))
                .singleElement()
                .satisfies(notice -> {
                    assertThat(notice.warning()).isFalse();
                    assertThat(notice.cause().message())
                            .isEqualTo(reported.orElseThrow().getMessage());
                });

        // And it is reported once.
        changed.setStatus(plan.status());
        assertThat(plan(changed, started(pod("pod-1"), 60), LATER).status()).isEqualTo(plan.status());
    }

    @Test
    void removesTheConditionWithTheChangeAndWithTheRestart() {
        PassthroughVM changed = changed("2026-11-22T12:00:00Z");
        changed.getMetadata().setAnnotations(Map.of());
        PassthroughVMStatus reported =
                plan(changed, started(pod("pod-1"), 60), NOW).status();
        assertThat(find(reported, "RestartRequired")).isPresent();

        // Changed back, with a new generation
        PassthroughVM back = with(vm(), reported);
        back.getMetadata().setGeneration(3L);
        assertThat(find(plan(back, started(pod("pod-1"), 60), NOW).status(), "RestartRequired"))
                .isEmpty();

        // Restarted
        PassthroughVM asked = with(changed("2026-11-22T12:00:00Z"), reported);
        VmPlan restart = plan(asked, started(pod("pod-1"), 60), NOW);
        assertThat(restart.action()).isEqualTo(DELETE);
        assertThat(find(restart.status(), "RestartRequired")).isEmpty();

        // Being deleted by a user
        PassthroughVMStatus leaving = plan(with(changed, reported), leaving(started(pod("pod-1"), 60)), NOW)
                .status();
        assertThat(leaving.phase()).isEqualTo(Phase.Stopping);
        assertThat(find(leaving, "RestartRequired")).isEmpty();

        // Ended: the next pod is made from the new spec without a restart
        assertThat(find(
                        plan(with(changed, reported), ended(pod("pod-1"), 1, Duration.ofSeconds(30), null), NOW)
                                .status(),
                        "RestartRequired"))
                .isEmpty();
    }

    @Test
    void explainsHowAMachineThatRunsOnceGetsItsNewSpec() {
        PassthroughVM once = changed("2026-11-22T11:00:00Z");
        once.setSpec(vm("""
                runStrategy: Once
                memory: {guest: 64Gi}
                devices: {gpus: [{name: gpu0, deviceName: holdfast.dev/test-gpu}]}
                """).getSpec());

        assertThat(find(plan(once, started(pod("pod-1"), 60), NOW).status(), "RestartRequired")
                        .orElseThrow()
                        .getMessage())
                .contains("spec.memory.guest differs", "set it to Halted and then to Once again");
    }

    /** An earlier version of the schema wrote defaults, and the pod keeps the spec that it was made from. */
    @ParameterizedTest
    @CsvSource({"8Gi, ''", "9Gi, spec.memory.guest differs", "8192Mi, ''"})
    void requiresNoRestartWhenOnlyExplicitDefaultsAreRemoved(String guest, String message) {
        PassthroughVM stored = vm("""
                machine: {type: q35}
                cpu: {cores: 1, sockets: 1, threads: 1, model: host-passthrough}
                memory: {guest: 8Gi, memlock: {policy: Exact}}
                clock: {utc: {}}
                firmware: {bootloader: {efi: {secureBoot: false, persistent: false}}}
                features: {kvm: {hidden: false}}
                devices:
                  gpus: [{name: gpu0, deviceName: holdfast.dev/test-gpu, romBar: true}]
                  video: {type: none}
                  watchdog: {i6300esb: {action: reset}}
                  disks:
                    - {name: root, disk: {bus: virtio, readonly: false}, discard: unmap}
                    - {name: data, disk: {bus: virtio}, discard: unmap}
                    - {name: tools, cdrom: {bus: sata}, discard: unmap}
                  interfaces: [{name: default, model: virtio, masquerade: {}, ports: [{port: 22, protocol: TCP}]}]
                volumes:
                  - {name: root, containerDisk: {image: debian, capacity: 20Gi}}
                  - {name: data, persistentVolumeClaim: {claimName: data, readOnly: false, format: raw}}
                  - {name: tools, configMap: {name: tools}}
                networks: [{name: default, pod: {}}]
                terminationGracePeriodSeconds: 180
                """);
        Pod made = made(stored);
        PassthroughVM now = vm("""
                memory: {guest: %s}
                firmware: {bootloader: {efi: {}}}
                devices:
                  gpus: [{name: gpu0, deviceName: holdfast.dev/test-gpu}]
                  watchdog: {i6300esb: {}}
                  disks: [{name: root}, {name: data}, {name: tools, cdrom: {}}]
                  interfaces: [{name: default, ports: [{port: 22}]}]
                volumes:
                  - {name: root, containerDisk: {image: debian}}
                  - {name: data, persistentVolumeClaim: {claimName: data}}
                  - {name: tools, configMap: {name: tools}}
                networks: [{name: default, pod: {}}]
                """.formatted(guest));
        now.setStatus(plan(stored, started(made, 60), NOW).status());
        now.getMetadata().setGeneration(2L);

        String required = find(plan(now, started(made, 60), NOW).status(), "RestartRequired")
                .map(Condition::getMessage)
                .orElse("");

        assertThat(required).startsWith(message);
        assertThat(required.isEmpty()).isEqualTo(message.isEmpty());
    }

    /** The data is in no annotation of the pod. */
    @Test
    void namesTheVolumesWhenOnlyTheCloudInitDataDiffers() {
        PassthroughVM seeded = seeded("password: one");
        Pod made = made(seeded);
        assertThat(made.toString()).doesNotContain("password");
        PassthroughVMStatus bound = plan(seeded, started(made, 60), NOW).status();
        PassthroughVM other = with(seeded("password: two"), bound);
        other.getMetadata().setGeneration(2L);
        PassthroughVM same = with(seeded("password: one"), bound);
        same.getMetadata().setGeneration(2L);

        assertThat(find(plan(other, started(made, 60), NOW).status(), "RestartRequired")
                        .orElseThrow()
                        .getMessage())
                .startsWith("spec.volumes differs");
        assertThat(find(plan(same, started(made, 60), NOW).status(), "RestartRequired"))
                .isEmpty();
        assertThat(bound.toString()).doesNotContain("password");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "no JSON", "[]"})
    void reportsNothingForAPodWithoutItsSpec(String kept) {
        Pod old = new PodBuilder(started(pod("pod-1"), 60))
                .editMetadata()
                .addToAnnotations(KeptSpec.ANNOTATION, kept)
                .endMetadata()
                .build();
        if (kept.isEmpty()) {
            Objects.requireNonNull(old.getMetadata().getAnnotations()).remove(KeptSpec.ANNOTATION);
        }

        assertThat(find(plan(changed("2026-11-22T11:00:00Z"), old, NOW).status(), "RestartRequired"))
                .isEmpty();
    }

    @Test
    void keepsNoSpecThatIsTooLongForAnAnnotation() {
        assertThat(KeptSpec.of(vm().getSpec()).orElseThrow()).doesNotContain("runStrategy");
        assertThat(KeptSpec.of(vm("{memory: {guest: 1Gi}, priorityClassName: %s}".formatted("x".repeat(130 << 10)))
                        .getSpec()))
                .isEmpty();
    }

    private static PassthroughVM changed(String at) {
        PassthroughVM changed = asked(at, running());
        changed.getMetadata().setGeneration(2L);
        changed.setSpec(vm("""
                memory: {guest: 64Gi}
                devices: {gpus: [{name: gpu0, deviceName: holdfast.dev/test-gpu}]}
                """).getSpec());
        return changed;
    }

    private static PassthroughVM seeded(String data) {
        PassthroughVM vm = vm();
        vm.setSpec(vm("""
                memory: {guest: 128Mi}
                devices: {gpus: [{name: gpu0, deviceName: holdfast.dev/test-gpu}], disks: [{name: seed}]}
                volumes: [{name: seed, cloudInitNoCloud: {userData: '%s'}}]
                """.formatted(data)).getSpec());
        return vm;
    }

    /** Returns the pod that is made for the VM. */
    private static Pod made(PassthroughVM vm) {
        return new PodBuilder(((CreatePod) plan(vm, null, NOW).action()).pod())
                .editMetadata()
                .withUid("pod-1")
                .endMetadata()
                .build();
    }

    private static PassthroughVM asked(String at, @Nullable PassthroughVMStatus status) {
        PassthroughVM vm = vm();
        vm.getMetadata().setAnnotations(Map.of("holdfast.dev/restartedAt", at));
        vm.setStatus(status);
        return vm;
    }

    private static PassthroughVMStatus running() {
        PassthroughVMStatus bound = plan(vm(), pod("pod-1"), NOW).status();
        return plan(with(vm(), bound), started(pod("pod-1"), 60), NOW).status();
    }

    private static PassthroughVMStatus restarted(PassthroughVMStatus status, int restarts) {
        return Statuses.with(status, Map.of("restarts", restarts));
    }

    /** Plans with an agent that reports the grant of pod-1 while there is a pod. */
    private static VmPlan plan(PassthroughVM vm, @Nullable Pod pod, Instant now) {
        return Samples.planned(
                new ObservedState(
                        vm, Optional.ofNullable(pod), List.of(isFirst(pod) ? GRANTED : IDLE), Samples.CLASSES),
                DEFAULTS,
                now);
    }

    private static Condition ready(PassthroughVMStatus status) {
        return VmConditions.state(status.conditions()).orElseThrow();
    }

    private static Optional<Condition> find(PassthroughVMStatus status, String type) {
        return VmConditions.find(status.conditions(), type);
    }

    private static boolean isFirst(@Nullable Pod pod) {
        return pod != null && pod.getMetadata().getUid().equals("pod-1");
    }
}
