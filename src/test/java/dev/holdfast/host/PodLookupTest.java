package dev.holdfast.host;

import static org.assertj.core.api.Assertions.assertThat;

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
    void doesNotBelieveAPathThatTheTreeDoesNotConfirm() throws IOException {
        cgroups.put(99, "kubepods/burstable/pod" + UID, "abc");
        show("/kubepods/burstable/pod" + UID + "/abc");

        assertThat(lookup.podUidOf(PID)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/system.slice/sshd.service", "/", "/user.slice/tripod-x", "/kubepods/burstable"})
    void knowsAProcessOutsideAnyPod(String shown) throws IOException {
        show(shown);

        assertThat(lookup.podUidOf(PID)).isEmpty();
    }

    private void show(String path) throws IOException {
        Path process = Files.createDirectories(temp.resolve("proc").resolve(Integer.toString(PID)));
        Files.writeString(process.resolve("cgroup"), "0::" + path + "\n");
    }
}
