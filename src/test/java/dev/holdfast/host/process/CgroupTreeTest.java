package dev.holdfast.host.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.testbed.fixtures.FakeCgroups;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CgroupTreeTest {
    private static final String UID = "0a1b2c3d-1111-2222-3333-444455556666";
    private static final String UID_ = UID.replace('-', '_');
    private static final String POD =
            "kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + UID_ + ".slice";

    @TempDir
    Path root;

    private FakeCgroups cgroups;

    @BeforeEach
    void makeTree() {
        cgroups = new FakeCgroups(root);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "kubepods/pod%1$s",
                "kubepods/burstable/pod%1$s",
                "kubepods/besteffort/pod%1$s",
                "kubepods.slice/kubepods-pod%2$s.slice",
                "kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod%2$s.slice",
                "kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod%2$s.slice",
                // kind: --cgroup-root=/kubelet
                "kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/kubelet-kubepods-burstable-pod%2$s.slice",
                "kubelet/kubepods/burstable/pod%1$s",
                "kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod%2$s.slice",
                // two slices around it, and a kubelet in a service's delegated cgroup
                "a.slice/a-b.slice/a-b-kubepods.slice/a-b-kubepods-besteffort.slice/a-b-kubepods-besteffort-pod%2$s.slice",
                "system.slice/k3s.service/kubepods/burstable/pod%1$s"
            })
    void findsAPodWithBothDriversInEveryClassWhereverTheKubeletPutsThem(String layout) {
        Path made = cgroups.put(7, layout.formatted(UID, UID_), "container");

        assertThat(cgroups.tree().withoutPods()).isEmpty();
        assertThat(cgroups.tree().podDirectory(UID)).hasValue(made);
    }

    @Test
    void reportsWhereItSearchedWhenTheKubeletHasMadeNothing() {
        assertThat(cgroups.tree().withoutPods().orElseThrow())
                .contains("kubepods or kubepods.slice", root.toString(), "--kubepods");
        assertThat(cgroups.tree().podDirectory(UID)).isEmpty();
    }

    @Test
    void findsWhatTheKubeletMakesLater() {
        CgroupTree tree = cgroups.tree();
        assertThat(tree.withoutPods()).isPresent();

        Path pod = cgroups.put(7, "kubelet/kubepods/burstable/pod" + UID, "container");

        assertThat(tree.podDirectory(UID)).hasValue(pod);
    }

    @Test
    void ignoresDirectoriesOfThatNameMadeByUsersOrContainers() {
        cgroups.put(7, "user.slice/user-1000.slice/kubepods/burstable/pod" + UID, "forged");
        assertThat(cgroups.tree().podDirectory(UID)).isEmpty();

        cgroups.put(8, "kubelet/kubepods/burstable/podother/kubepods/burstable/pod" + UID, "forged");
        assertThat(cgroups.tree().withoutPods()).isEmpty();
        assertThat(cgroups.tree().podDirectory(UID)).isEmpty();
    }

    @Test
    void usesTheOneOfSeveralThatTheAgentIsIn() {
        cgroups.put(7, "a/kubepods/burstable/pod" + UID, "container");
        Path own = cgroups.put(9, "b/kubepods/burstable/pod" + UID, "container");
        int self = Math.toIntExact(ProcessHandle.current().pid());
        assertThat(cgroups.tree().withoutPods()).isPresent();

        cgroups.put(self, "b/kubepods/burstable/podagent", "container");

        assertThat(cgroups.tree().podDirectory(UID)).hasValue(own);
    }

    @Test
    void usesTheGivenDirectory() {
        Path pod = cgroups.put(7, "far/down/in/the/tree/below/kubepods/burstable/pod" + UID, "container");
        assertThat(cgroups.tree().withoutPods()).isPresent();

        assertThat(new CgroupTree(root, root.resolve("far/down/in/the/tree/below/kubepods")).podDirectory(UID))
                .hasValue(pod);
        assertThat(new CgroupTree(root, root.resolve("not/there")).withoutPods())
                .isPresent();
    }

    @Test
    void namesTheContainerEvenWhenTheProcessIsInACgroupBelowIt() {
        Path pod = cgroups.put(7, POD, "crio-abc.scope/container/init.scope");

        assertThat(cgroups.tree().containerOf(pod, 7)).hasValue(pod.resolve("crio-abc.scope"));
    }

    @Test
    void doesNotFindAProcessOfAnotherPod() {
        Path pod = cgroups.put(7, POD, "a");
        cgroups.put(8, "kubepods/burstable/podother", "b");

        assertThat(cgroups.tree().containerOf(pod, 8)).isEmpty();
        assertThat(cgroups.tree().containerOf(pod, 70)).isEmpty();
    }

    @Test
    void namesThePodItselfForAProcessInNoContainer() {
        Path pod = cgroups.put(7, POD, "");

        assertThat(cgroups.tree().containerOf(pod, 7)).hasValue(pod);
    }

    @Test
    void followsNoLinkOutOfThePod() throws IOException {
        Path pod = cgroups.put(7, POD, "a");
        Path outside = cgroups.put(8, "system.slice", "evil.service").resolve("evil.service");
        Files.createSymbolicLink(pod.resolve("link"), outside);

        assertThat(cgroups.tree().containerOf(pod, 8)).isEmpty();
    }

    @Test
    void doesNotUseALinkAsThePodsDirectory() throws IOException {
        Path outside = cgroups.put(8, "system.slice", "evil.service").resolve("evil.service");
        Files.createDirectories(root.resolve("kubepods"));
        Files.createSymbolicLink(root.resolve("kubepods/pod" + UID), outside);

        assertThat(cgroups.tree().podDirectory(UID)).isEmpty();
    }

    @Test
    void stopsInAnEndlessTree() {
        Path pod = cgroups.put(7, POD, "a");
        cgroups.put(9, POD, "a" + "/deep".repeat(20));

        assertThat(cgroups.tree().containerOf(pod, 9)).isEmpty();
    }

    @Test
    void skipsACgroupThatCannotBeRead() throws IOException {
        Path pod = cgroups.put(7, POD, "b");
        Files.createDirectories(pod.resolve("a/cgroup.procs"));

        assertThat(cgroups.tree().containerOf(pod, 7)).hasValue(pod.resolve("b"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"../../etc", "", "a/b", "-x", "a.b"})
    void refusesAnInvalidUid(String uid) {
        assertThatThrownBy(() -> cgroups.tree().podDirectory(uid)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void reportsThatVersionOneIsNotSupported() throws IOException {
        assertThat(cgroups.tree().unusable()).isEmpty();

        Files.delete(root.resolve("cgroup.controllers"));

        assertThat(cgroups.tree().unusable().orElseThrow()).contains("cgroup v2", "systemd.unified_cgroup_hierarchy=1");
    }
}
