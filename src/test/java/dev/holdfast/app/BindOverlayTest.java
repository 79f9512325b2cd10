package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testbed.BindOverlay;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** The agent's DaemonSet with the overlay overlays/bind. */
class BindOverlayTest {
    private PodSpec pod;
    private Container agent;

    @BeforeEach
    void patched() throws IOException {
        DaemonSet base =
                Serialization.unmarshal(Files.readString(Path.of("deploy/agent-daemonset.yaml")), DaemonSet.class);
        pod = BindOverlay.appliedTo(base, Path.of("")).getSpec().getTemplate().getSpec();
        agent = pod.getContainers().getFirst();
    }

    @Test
    void addsTwoCapabilitiesAndNoPrivilege() {
        SecurityContext context = agent.getSecurityContext();

        assertThat(context.getPrivileged()).isFalse();
        assertThat(context.getAllowPrivilegeEscalation()).isFalse();
        assertThat(context.getReadOnlyRootFilesystem()).isTrue();
        assertThat(context.getCapabilities().getAdd()).containsExactly("SYS_RESOURCE", "SYS_PTRACE", "DAC_READ_SEARCH");
        assertThat(context.getSeccompProfile().getType()).isEqualTo("RuntimeDefault");
        assertThat(context.getAppArmorProfile().getType()).isEqualTo("Unconfined");
    }

    @Test
    void letsTheAgentWriteDevicesAndThePciBusAndNothingElseOfSysfs() {
        assertThat(agent.getVolumeMounts())
                .filteredOn(mount -> mount.getMountPath().startsWith("/host/sysfs"))
                .filteredOn(mount -> !Boolean.TRUE.equals(mount.getReadOnly()))
                .extracting(VolumeMount::getMountPath)
                .containsExactly("/host/sysfs/bus/pci", "/host/sysfs/devices");
        assertThat(agent.getVolumeMounts())
                .extracting(VolumeMount::getName)
                .containsExactlyInAnyOrderElementsOf(
                        pod.getVolumes().stream().map(Volume::getName).toList());
    }

    @Test
    void givesTheAgentTheSysfsThatItMountsAndAStateDirectory() {
        String[] args = Stream.concat(
                        Stream.of("--node", "n1"), agent.getArgs().stream().skip(1))
                .toArray(String[]::new);

        CommandLine.ParseResult parsed = new CommandLine(new AgentCommand()).parseArgs(args);

        assertThat(parsed.matchedOptionValue("--sysfs", Path.of("/"))).isEqualTo(Path.of("/host/sysfs"));
        assertThat(agent.getVolumeMounts())
                .extracting(VolumeMount::getMountPath)
                .contains(new AgentPaths().stateDirectory.toString());
    }
}
