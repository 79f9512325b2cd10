package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.HostPathVolumeSource;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** The agent's rights in its manifest. */
class AgentDaemonSetTest {
    private DaemonSet daemonSet;
    private Container agent;

    @BeforeEach
    void manifest() throws IOException {
        daemonSet = Serialization.unmarshal(Files.readString(Path.of("deploy/agent-daemonset.yaml")), DaemonSet.class);
        agent = daemonSet.getSpec().getTemplate().getSpec().getContainers().getFirst();
    }

    @Test
    void givesTheAgentOnlyOneCapability() {
        SecurityContext context = agent.getSecurityContext();

        assertThat(context.getPrivileged()).isFalse();
        assertThat(context.getAllowPrivilegeEscalation()).isFalse();
        assertThat(context.getReadOnlyRootFilesystem()).isTrue();
        assertThat(context.getCapabilities().getDrop()).containsExactly("ALL");
        assertThat(context.getCapabilities().getAdd()).containsExactly("SYS_RESOURCE");
        assertThat(context.getSeccompProfile().getType()).isEqualTo("RuntimeDefault");
        assertThat(daemonSet.getSpec().getTemplate().getSpec().getHostPID()).isTrue();
        assertThat(daemonSet.getSpec().getTemplate().getSpec().getHostNetwork()).isNull();
    }

    @Test
    void mountsEveryPathThatTheAgentUses() {
        AgentPaths paths = new AgentPaths();

        assertThat(agent.getVolumeMounts())
                .extracting(VolumeMount::getMountPath)
                .contains(
                        paths.devicePlugins.toString(),
                        paths.pluginsRegistry.toString(),
                        paths.pluginDirectory.toString(),
                        String.valueOf(paths.podResources.getParent()),
                        paths.cdi.toString(),
                        paths.grantDirectory.toString());
    }

    @Test
    void mountsTheDirectoriesOfTheDriverAtTheirPathOnTheNode() {
        AgentPaths paths = new AgentPaths();

        assertThat(daemonSet.getSpec().getTemplate().getSpec().getVolumes())
                .filteredOn(volume -> volume.getName().startsWith("plugin"))
                .extracting(Volume::getHostPath)
                .extracting(HostPathVolumeSource::getPath, HostPathVolumeSource::getType)
                .containsExactly(
                        tuple(paths.pluginsRegistry.toString(), "DirectoryOrCreate"),
                        tuple(paths.pluginDirectory.toString(), "DirectoryOrCreate"));
    }

    @Test
    void passesArgumentsThatTheCommandHas() {
        String[] args = agent.getArgs().toArray(String[]::new);

        CommandLine.ParseResult parsed = new CommandLine(new AgentCommand())
                .parseArgs(Stream.concat(
                                Stream.of("--node", "n1"), Arrays.stream(args).skip(1))
                        .toArray(String[]::new));

        assertThat(args[0]).isEqualTo("agent");
        assertThat(parsed.matchedOptionValue("--cgroups", Path.of("/"))).isEqualTo(Path.of("/host/sys/fs/cgroup"));
    }
}
