package dev.holdfast.testbed.kubelet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.testbed.kubelet.container.Capabilities;
import dev.holdfast.testbed.kubelet.container.Cgroups;
import dev.holdfast.testbed.kubelet.container.ContainerEdits;
import dev.holdfast.testbed.kubelet.container.ContainerProblem;
import dev.holdfast.testbed.kubelet.container.Images;
import dev.holdfast.testbed.kubelet.container.OciConfig;
import dev.holdfast.testbed.kubelet.device.Rejection;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OciConfigTest {
    private static final String VM_POD = """
            metadata: {name: vm, namespace: ns, uid: u1}
            spec:
              automountServiceAccountToken: false
              securityContext: {runAsNonRoot: true, runAsUser: 107, runAsGroup: 107, seccompProfile: {type: RuntimeDefault}}
              containers:
              - name: qemu
                image: launcher
                tty: true
                command: [/opt/holdfast/bin/holdfast]
                args: [launch, "--node=$(NODE)", "$(ABSENT)", "$$(NODE)"]
                env:
                - {name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}
                resources: {limits: {memory: 256Mi, cpu: "2"}, requests: {memory: 256Mi, cpu: 500m}}
                securityContext:
                  allowPrivilegeEscalation: false
                  readOnlyRootFilesystem: true
                  capabilities: {drop: [ALL]}
            status: {qosClass: Burstable}
            """;

    @Test
    void givesARestrictedPodNothingMoreThanItAsksFor() throws Exception {
        JsonNode config = config(VM_POD, ContainerEdits.NONE);

        JsonNode process = config.path("process");
        assertThat(process.path("user").path("uid").asInt()).isEqualTo(107);
        assertThat(process.path("user").path("gid").asInt()).isEqualTo(107);
        assertThat(process.path("noNewPrivileges").asBoolean()).isTrue();
        assertThat(process.path("capabilities").path("bounding")).isEmpty();
        assertThat(process.path("capabilities").path("effective")).isEmpty();
        assertThat(process.path("capabilities").path("permitted")).isEmpty();
        assertThat(process.path("terminal").asBoolean()).isTrue();
        assertThat(config.path("root").path("readonly").asBoolean()).isTrue();
        assertThat(config.path("linux").path("seccomp").path("defaultAction").asText())
                .isEqualTo("SCMP_ACT_ALLOW");
        assertThat(texts(config.path("linux").path("namespaces"), "type"))
                .containsExactlyInAnyOrder("mount", "uts", "ipc", "cgroup", "pid");
    }

    @Test
    void putsAPodIntoItsNetworkWithItsSysctlsAndItsBlockDevices() throws Exception {
        String pod = VM_POD.replace("runAsNonRoot: true,", "runAsNonRoot: true, sysctls: [{name: a.b, value: '0'}],");

        JsonNode config = OciConfig.of(ContainerPlans.of(
                Serialization.unmarshal(pod, Pod.class),
                new NodeFacts("node-1", "10.0.0.1", new ApiAccess(URI.create("http://api"), null)),
                new ContainerPlans.Prepared(
                        "/rootfs",
                        "/kubepods/burstable/podu1/c1",
                        "/log",
                        new Images.Image("/", Map.of()),
                        List.of(),
                        Map.of("/dev/holdfast/data", "/dev/null"),
                        new PodNetworks.Network("/run/netns/pod2", "10.244.0.2", "/state/resolv.conf"),
                        ContainerEdits.NONE)));

        JsonNode linux = config.path("linux");
        assertThat(texts(linux.path("namespaces"), "path")).contains("/run/netns/pod2");
        assertThat(linux.path("sysctl").path("a.b").asText()).isEqualTo("0");
        assertThat(texts(config.path("mounts"), "source")).contains("/state/resolv.conf");
        assertThat(linux.path("devices").get(0).path("path").asText()).isEqualTo("/dev/holdfast/data");
        assertThat(linux.path("devices").get(0).path("uid").asInt()).isEqualTo(107);
    }

    @Test
    void leavesTheMemlockLimitAtWhatAContainerInherits() throws Exception {
        JsonNode limit = config(VM_POD, ContainerEdits.NONE)
                .path("process")
                .path("rlimits")
                .get(0);

        assertThat(limit.path("type").asText()).isEqualTo("RLIMIT_MEMLOCK");
        assertThat(limit.path("soft").asLong()).isEqualTo(8388608);
        assertThat(limit.path("hard").asLong()).isEqualTo(8388608);
    }

    @Test
    void expandsVariablesInArguments() throws Exception {
        assertThat(texts(config(VM_POD, ContainerEdits.NONE).path("process").path("args")))
                .containsExactly("/opt/holdfast/bin/holdfast", "launch", "--node=node-1", "$(ABSENT)", "$(NODE)");
    }

    @Test
    void putsTheContainerBelowItsPodsCgroupWithItsLimits() throws Exception {
        JsonNode linux = config(VM_POD, ContainerEdits.NONE).path("linux");

        assertThat(linux.path("cgroupsPath").asText()).isEqualTo("/kubepods/burstable/podu1/c1");
        assertThat(linux.path("resources").path("memory").path("limit").asLong())
                .isEqualTo(256L << 20);
        assertThat(linux.path("resources").path("cpu").path("shares").asLong()).isEqualTo(512);
        assertThat(linux.path("resources").path("cpu").path("quota").asLong()).isEqualTo(200_000);
        assertThat(Cgroups.podPath("Guaranteed", "u1")).isEqualTo("/kubepods/podu1");
    }

    @Test
    void keepsTheNodesOwnershipOfADeviceUnlessCdiSaysOtherwise() throws Exception {
        // /dev/null is on every machine: character device 1:3, root's, 0666.
        ContainerEdits edits = new ContainerEdits(
                Map.of(),
                List.of(
                        new ContainerEdits.DeviceNode("/dev/plain", "/dev/null", "rw", null, null, null),
                        new ContainerEdits.DeviceNode("/dev/given", "/dev/null", "rwm", 107, 107, 0600)),
                List.of());

        JsonNode linux = config(VM_POD, edits).path("linux");

        JsonNode plain = linux.path("devices").get(0);
        assertThat(plain.toString())
                .isEqualTo("{\"path\":\"/dev/plain\",\"type\":\"c\",\"major\":1,\"minor\":3,\"fileMode\":438,"
                        + "\"uid\":0,\"gid\":0}");
        JsonNode given = linux.path("devices").get(1);
        assertThat(given.path("uid").asInt()).isEqualTo(107);
        assertThat(given.path("fileMode").asInt()).isEqualTo(0600);
        JsonNode rules = linux.path("resources").path("devices");
        assertThat(rules.get(0).toString()).isEqualTo("{\"allow\":false,\"access\":\"rwm\"}");
        assertThat(texts(rules, "access")).containsExactly("rwm", "rw", "rwm");
    }

    @Test
    void givesTheApiServersAddressOnlyToPodsWithAServiceAccountToken() throws Exception {
        String agent = VM_POD.replace("automountServiceAccountToken: false", "hostPID: true");

        assertThat(texts(config(VM_POD, ContainerEdits.NONE).path("process").path("env")))
                .noneMatch(variable -> variable.startsWith("KUBERNETES_"));
        assertThat(texts(config(agent, ContainerEdits.NONE).path("process").path("env")))
                .contains("KUBERNETES_MASTER=http://api", "KUBERNETES_NAMESPACE=ns");
    }

    @Test
    void tellsEveryPodWhereARealApiServerIs() throws Exception {
        var real = new ApiAccess(
                URI.create("https://10.0.2.2:6443"), new ApiAccess.Identity(Path.of("token"), Path.of("ca.crt")));

        assertThat(texts(config(VM_POD, real, ContainerEdits.NONE)
                        .path("process")
                        .path("env")))
                .contains("KUBERNETES_SERVICE_HOST=10.0.2.2", "KUBERNETES_SERVICE_PORT=6443")
                .noneMatch(variable -> variable.startsWith("KUBERNETES_MASTER"));
    }

    @Test
    void sharesTheNodesPidsOnlyOnRequest() throws Exception {
        String agent = VM_POD.replace("automountServiceAccountToken: false", "hostPID: true");

        assertThat(texts(config(agent, ContainerEdits.NONE).path("linux").path("namespaces"), "type"))
                .doesNotContain("pid");
    }

    @Test
    void mountsAVolumeInThePlaceOfAStandardMount() throws Exception {
        ContainerEdits edits = new ContainerEdits(
                Map.of(), List.of(), List.of(new ContainerEdits.Mount("/sys/fs/cgroup", "/sys/fs/cgroup", true)));

        JsonNode mounts = config(VM_POD, edits).path("mounts");

        assertThat(texts(mounts, "destination"))
                .containsOnlyOnce("/sys/fs/cgroup")
                .contains("/dev/termination-log");
    }

    @Test
    void addsAndDropsCapabilitiesByName() {
        assertThat(Capabilities.of(List.of("SYS_RESOURCE"), List.of("ALL"))).containsExactly("CAP_SYS_RESOURCE");
        assertThat(Capabilities.of(List.of(), List.of("KILL")))
                .doesNotContain("CAP_KILL")
                .contains("CAP_CHOWN");
        assertThat(Capabilities.of(List.of("ALL"), List.of())).contains("CAP_SYS_ADMIN", "CAP_CHOWN");
    }

    @Test
    void refusesRootWhereItIsForbidden() {
        assertThatExceptionOfType(ContainerProblem.class)
                .isThrownBy(() -> config(VM_POD.replace("runAsUser: 107", "runAsUser: 0"), ContainerEdits.NONE))
                .matches(e -> e.reason().equals("CreateContainerConfigError"));
    }

    @Test
    void refusesAPodOfTwoContainersWithASentence() {
        Pod pod = new PodBuilder(Serialization.unmarshal(VM_POD, Pod.class))
                .editSpec()
                .addNewInitContainer()
                .endInitContainer()
                .endSpec()
                .build();

        assertThatExceptionOfType(Rejection.class)
                .isThrownBy(() -> ContainerPlans.checkSupported(pod))
                .withMessage(
                        "The embedded kubelet does not know pods of more than one container, init containers included.");
    }

    private static JsonNode config(String pod, ContainerEdits edits) throws ContainerProblem, Rejection {
        return config(pod, new ApiAccess(URI.create("http://api"), null), edits);
    }

    private static JsonNode config(String pod, ApiAccess api, ContainerEdits edits) throws ContainerProblem, Rejection {
        return OciConfig.of(ContainerPlans.of(
                Serialization.unmarshal(pod, Pod.class),
                new NodeFacts("node-1", "10.0.0.1", api),
                new ContainerPlans.Prepared(
                        "/rootfs",
                        "/kubepods/burstable/podu1/c1",
                        "/log",
                        new Images.Image("/", Map.of("/opt/holdfast", "/dist")),
                        List.of(),
                        Map.of(),
                        null,
                        edits)));
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(node -> texts.add(node.asText()));
        return texts;
    }

    private static List<String> texts(JsonNode array, String field) {
        List<String> texts = new ArrayList<>();
        array.forEach(node -> texts.add(node.path(field).asText()));
        return texts;
    }
}
