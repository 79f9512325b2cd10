package dev.holdfast.realnode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testbed.cluster.ClientProgram;
import dev.holdfast.testbed.node.NodeVms;
import dev.holdfast.testbed.node.OnRealNode;
import dev.holdfast.testbed.node.RealNode;
import dev.holdfast.testbed.node.RunningVm;
import org.junit.jupiter.api.Test;

/** Tests further processes and containers in a VM's pod. */
@OnRealNode
class KubectlRealNodeIT {
    /** Asks for a grant as the launcher does. A JVM would take the memory that the pod has for QEMU. */
    private static final String ASK = """
            use Socket;
            socket(my $agent, PF_UNIX, SOCK_STREAM, 0) or die "socket: $!";
            connect($agent, sockaddr_un("/run/holdfast/grant/grant.sock")) or die "connect: $!";
            syswrite($agent, qq({"namespace":"default","name":"vm"}\\n));
            print <$agent>;
            """;

    private final RealNode node;
    private final NodeVms vms;

    KubectlRealNodeIT(RealNode node) {
        this.node = node;
        vms = new NodeVms(node);
    }

    @Test
    void execRunsBesideQemuAndGetsNoGrantAndDebugIsRefused() {
        vms.create("vm", NodeVms.DEMO_GPU);
        RunningVm running = RunningVm.await(vms, "vm");

        assertThat(exec("cat", "/proc/1/comm")).startsWith("qemu-system");
        assertThat(exec("id", "--user").strip()).isEqualTo("107");
        assertThat(exec("perl", "-e", ASK)).contains("refused").contains("NotFirstProcess");
        assertThat(node.agentMetrics())
                .containsPattern("grant_refusals_total\\{reason=\"NotFirstProcess\"[^}]*} [1-9]");

        ClientProgram.Output debug = node.kubectl()
                .attempt(
                        "debug",
                        "vm",
                        "--namespace=default",
                        "--profile=restricted",
                        "--image=busybox:1",
                        "--",
                        "true");
        assertThat(debug.status()).isNotZero();
        assertThat(debug.err())
                .contains(
                        "vm belongs to a PassthroughVM, and another container in it would share its devices and its memory limit")
                .contains("kubectl debug node/" + RealNode.NAME);
        running.assertUntouched();
    }

    private String exec(String... command) {
        String[] arguments = new String[command.length + 4];
        System.arraycopy(new String[] {"exec", "vm", "--namespace=default", "--"}, 0, arguments, 0, 4);
        System.arraycopy(command, 0, arguments, 4, command.length);
        return node.userKubectl().run(arguments);
    }
}
