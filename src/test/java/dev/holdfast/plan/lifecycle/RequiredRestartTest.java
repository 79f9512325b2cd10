package dev.holdfast.plan.lifecycle;

import static dev.holdfast.plan.lifecycle.LifeFixtures.DELETE;
import static dev.holdfast.plan.lifecycle.LifeFixtures.LATER;
import static dev.holdfast.plan.lifecycle.LifeFixtures.asked;
import static dev.holdfast.plan.lifecycle.LifeFixtures.changed;
import static dev.holdfast.plan.lifecycle.LifeFixtures.find;
import static dev.holdfast.plan.lifecycle.LifeFixtures.plan;
import static dev.holdfast.plan.lifecycle.LifeFixtures.running;
import static dev.holdfast.testbed.fixtures.Samples.NOW;
import static dev.holdfast.testbed.fixtures.Samples.ended;
import static dev.holdfast.testbed.fixtures.Samples.leaving;
import static dev.holdfast.testbed.fixtures.Samples.pod;
import static dev.holdfast.testbed.fixtures.Samples.started;
import static dev.holdfast.testbed.fixtures.Samples.vm;
import static dev.holdfast.testbed.fixtures.Samples.with;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.plan.lifecycle.Action.CreatePod;
import dev.holdfast.plan.lifecycle.Action.Nothing;
import dev.holdfast.plan.pod.KeptSpec;
import dev.holdfast.plan.status.StatusEvents;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The condition of a VM whose pod was created from an earlier spec. */
final class RequiredRestartTest {

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
                // An equal machine in another notation, and with another strategy
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
                                + " from the spec that pod gpu-vm was created from; restart it, for instance with `kubectl annotate ptvm -n lab gpu-vm --overwrite holdfast.dev/restartedAt=$(date -u +%Y-%m-%dT%H:%M:%SZ)`");
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

    /** An earlier version of the schema wrote defaults, and the pod keeps the spec that it was created from. */
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
}
