package dev.holdfast.host.process;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testbed.fixtures.FakeCgroups;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PodLookupTest {
    private static final String UID = "0a1b2c3d-1111-2222-3333-444455556666";
    private static final String UID_ = "0a1b2c3d_1111_2222_3333_444455556666";
    private static final int PID = 31;

    @TempDir
    Path temp;

    private FakeCgroups cgroups;
    private PodLookup lookup;

    @BeforeEach
    void makeTree() {
        cgroups = new FakeCgroups(temp.resolve("cgroup"));
        lookup = new PodLookup(new Procfs(temp.resolve("proc")), cgroups.tree());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/kubepods/burstable/pod" + UID + "/abc",
                "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + UID_
                        + ".slice/cri-containerd-a.scope",
                "/../../../kubepods-burstable.slice/kubepods-burstable-pod" + UID_ + ".slice/cri-containerd-a.scope",
                "/../../pod" + UID + "/abc/nested/podvictim"
            })
    void findsThePodFromWhateverPartOfThePathIsShown(String shown) throws IOException {
        cgroups.put(PID, "kubepods/burstable/pod" + UID, "abc");
        show(shown);

        assertThat(lookup.podUidOf(PID)).hasValue(UID);
    }

    @Test
    void rejectsAPathThatTheTreeDoesNotConfirm() throws IOException {
        cgroups.put(99, "kubepods/burstable/pod" + UID, "abc");
        show("/kubepods/burstable/pod" + UID + "/abc");

        assertThat(lookup.podUidOf(PID)).isEmpty();
    }

    @Test
    void confirmsAHintByTheOneDirectoryThatItNames() throws IOException {
        Path pod = cgroups.put(PID, "kubepods/burstable/pod" + UID, "abc/nested");
        show("/../../kubepods/burstable/pod" + UID + "/abc/nested");
        PodLookup.Hint hint = lookup.hint(PID).orElseThrow();
        assertThat(hint).isEqualTo(new PodLookup.Hint(UID, "abc/nested"));
        assertThat(lookup.confirms(hint, PID)).isTrue();

        assertThat(lookup.confirms(hint, PID + 1)).isFalse();
        assertThat(lookup.confirms(new PodLookup.Hint(UID, "abc"), PID)).isFalse();
        assertThat(lookup.confirms(new PodLookup.Hint("another", "abc/nested"), PID))
                .isFalse();
        assertThat(lookup.confirms(new PodLookup.Hint(UID, "../../burstable/pod" + UID + "/abc/nested"), PID))
                .as("the same directory by another path")
                .isTrue();
        Files.writeString(temp.resolve("cgroup/cgroup.procs"), PID + "\n");
        assertThat(lookup.confirms(new PodLookup.Hint(UID, "../../.."), PID)).isFalse();
        assertThat(pod).isDirectory();
    }

    @Test
    void treatsAProcessBehindTwentyThousandOthersAsOutside() throws IOException {
        Path pod = cgroups.put(99_999, "kubepods/burstable/pod" + UID, "abc");
        StringBuilder crowd = new StringBuilder();
        for (int i = 100_000; i < 130_000; i++) {
            crowd.append(i).append('\n');
        }
        Files.writeString(pod.resolve("abc/cgroup.procs"), "99999\n" + crowd + PID + "\n");
        PodLookup.Hint hint = new PodLookup.Hint(UID, "abc");

        assertThat(lookup.confirms(hint, 99_999)).as("the first").isTrue();
        assertThat(lookup.confirms(hint, PID)).as("the last").isFalse();
    }

    @Test
    void ignoresANameThatNoPodCanHave() throws IOException {
        show("/user.slice/pod" + "a".repeat(200) + "/x");

        assertThat(lookup.hint(PID)).isEmpty();
        assertThat(lookup.podUidOf(PID)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/system.slice/sshd.service", "/", "/user.slice/tripod-x", "/kubepods/burstable"})
    void recognizesAProcessOutsideAnyPod(String shown) throws IOException {
        show(shown);

        assertThat(lookup.podUidOf(PID)).isEmpty();
    }

    private void show(String path) throws IOException {
        Path process = Files.createDirectories(temp.resolve("proc").resolve(Integer.toString(PID)));
        Files.writeString(process.resolve("cgroup"), "0::" + path + "\n");
    }
}
