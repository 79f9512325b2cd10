package dev.holdfast.virtualnode;

import static dev.holdfast.testbed.Progress.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.Names;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus.Memlock;
import dev.holdfast.testbed.Build;
import dev.holdfast.testbed.Product;
import dev.holdfast.testbed.SharedStage;
import dev.holdfast.testbed.Stage;
import dev.holdfast.testbed.VmFiles;
import dev.holdfast.testbed.fixtures.Statuses;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.dsl.Resource;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Everybody who should get nothing from the grant socket, in real containers on a real kernel, with the packaged agent.
 * There is no operator: the test writes its objects, so that each case can be tested without a deadline.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HostilePeersIT {
    private static final String NAMESPACE = "default";
    private static final String SOCKET = "/run/holdfast/grant/grant.sock";
    private static final String FOLDER = "/run/holdfast/grant";
    private static final long MIB = 1 << 20;
    private static final long INHERITED = 8 * MIB;
    private static final long LIMIT_BYTES = 64 * MIB;
    private static final long MAX_BYTES = 128 * MIB;

    private final Build build = Build.here();
    private final Stage stage =
            SharedStage.at(build, Path.of("target/hostile-peers-it").toAbsolutePath());
    private final Path peer = build.script("stage/hostile-peer");

    /** Refusals of the agent before the test: earlier tests on the stage may also have been refused. */
    private String metricsBefore = "";

    @BeforeAll
    void bringUp() {
        stage.operator().close();
        stage.ready();
    }

    @BeforeEach
    void keepMetrics() {
        metricsBefore = metrics();
    }

    /** A pod that holds none of our devices is refused before all other checks, so each case uses one. */
    @AfterEach
    void giveDevicesBack() {
        stage.api().admin().pods().inNamespace(NAMESPACE).withGracePeriod(1).delete();
        eventually("no pod and no grant is left")
                .until(() -> pods().isEmpty() && stage.api().grants() == 0);
    }

    private List<Pod> pods() {
        return stage.api().admin().pods().inNamespace(NAMESPACE).list().getItems();
    }

    @AfterAll
    void takeDown() {
        stage.close();
    }

    @Test
    void aProcessOutsideAnyPod() {
        assertThat(inNode("ask", SOCKET, request("whatever"))).contains("OutsideAnyPod");

        assertRefused("OutsideAnyPod", "namespace=\"default\" name=\"whatever\" podUID=\"-\"");
    }

    @Test
    void aPodThatTheVmDoesNotName() {
        PassthroughVM vm = vm("unbound");
        Pod pod = peer("unbound", vm, "radeon", "nag", SOCKET, request("unbound"));
        bind("unbound", "unbound", "00000000-0000-0000-0000-000000000000");
        awaitSaid("unbound", "not yet bound");

        bind("unbound", "another", pod.getMetadata().getUid());
        awaitSaid("unbound", "NotBound");

        assertRefused(
                "NotBound", "name=\"unbound\" podUID=\"" + pod.getMetadata().getUid());
        assertThat(audited("decision=\"waiting\"", "not yet bound", "name=\"unbound\""))
                .as("once for each pod that the status named, however often it asked")
                .isLessThanOrEqualTo(2);
    }

    /** Checks that the answer shows neither that the VM exists, nor that it is on this node, nor its device. */
    @Test
    void aPodThatSpeaksForAnother() {
        peer("victim", vm("victim"), "radeon", "idle");
        container("victim");
        peer("impostor", null, "demo-gpu", "nag", SOCKET, request("victim"));
        String ofAPodThatHolds = awaitSaid("impostor", "NotThisPod");
        assertRefused("NotThisPod", "name=\"victim\"");

        peer("fantast", null, null, "nag", SOCKET, request("nobody"));
        String ofNobody = awaitSaid("fantast", "NotThisPod");

        assertRefused("HoldsNoDevice", "name=\"nobody\"");
        assertThat(refusals(ofNobody)).isNotEmpty().isEqualTo(refusals(ofAPodThatHolds));
    }

    private static List<String> refusals(String said) {
        return said.lines()
                .filter(line -> line.contains("\"refused\""))
                .distinct()
                .toList();
    }

    @Test
    void aForgedOwner() {
        vm("forged");
        Pod pod = peer("forged", vm("innocent"), "radeon", "nag", SOCKET, request("forged"));
        bind("forged", "forged", pod.getMetadata().getUid());

        awaitSaid("forged", "ForgedOwner");

        assertRefused("ForgedOwner", "name=\"forged\"");
    }

    @Test
    void moreThanTheMaximum() {
        PassthroughVM vm = vm("greedy");
        Pod pod = peer(
                "greedy",
                vm,
                "radeon",
                "nag",
                SOCKET,
                "{\"namespace\":\"default\",\"name\":\"greedy\",\"measuredBytes\":" + MAX_BYTES + "}");
        bind("greedy", "greedy", pod.getMetadata().getUid());

        awaitSaid("greedy", "MoreThanMax");

        assertRefused("MoreThanMax", "measuredBytes=\"" + MAX_BYTES + "\"");
    }

    @Test
    void aVmAndThenItsPodThatAreBeingDeleted() {
        PassthroughVM vm = vm("doomed");
        Pod pod = peer("doomed", vm, "radeon", "nag", SOCKET, request("doomed"));
        bind("doomed", "doomed", pod.getMetadata().getUid());
        awaitSaid("doomed", "SpecChanged");

        vms("doomed").edit(held -> {
            held.addFinalizer("example.com/hold");
            return held;
        });
        vms("doomed").delete();
        awaitSaid("doomed", "VmDeleted");

        stage.api().admin().pods().inNamespace(NAMESPACE).withName("doomed").delete();
        awaitSaid("doomed", "PodDeleted");

        assertRefused("VmDeleted", "name=\"doomed\"");
        assertRefused("PodDeleted", "name=\"doomed\"");
    }

    /** Also a second process, a debug container's and an exec's: they need a pod that has its grant. */
    @Test
    void aThousandConnectionsOfOnePodWhileAnotherGetsItsGrant() {
        peer("stranger", null, null, "storm", SOCKET, request("launcher"));
        String stormy = awaitSaid("stranger", "told ");
        assertThat(stormy.lines()).anyMatch(line -> line.startsWith("garbage") && line.contains("\"Garbage\""));
        assertThat(stormy.lines()).anyMatch(line -> line.startsWith("endless") && line.contains("4096 bytes"));
        assertThat(stormy.lines()).contains("open 1000").anyMatch(line -> line.matches("told .*too many=\\d{3}.*"));
        assertThat(stormy).contains("NotThisPod").doesNotContain("HoldsNoDevice");
        assertRefused("HoldsNoDevice", "name=\"launcher\"");

        PassthroughVM vm = vm("launcher");
        Pod pod = peer("launcher", vm, "demo-gpu", "nag", SOCKET, request("launcher"));
        bind("launcher", "launcher", pod.getMetadata().getUid());
        String said = awaitSaid("launcher", "granted");

        assertThat(said).doesNotContain("too many").contains("\"limitBytes\":" + LIMIT_BYTES, "0000:01:00.0");
        assertThat(audited(
                        "decision=\"granted\"", "podUID=\"" + pod.getMetadata().getUid(), "softBefore=\"" + INHERITED))
                .isPositive();

        String uid = pod.getMetadata().getUid();
        String second = inNode("beside", SOCKET, cgroupOf("launcher"), request("launcher"));
        assertThat(second).contains("SecondProcess");
        assertRefused("SecondProcess", "name=\"launcher\" podUID=\"" + uid);

        String debug = inNode("beside", SOCKET, podCgroup(uid) + "/debugger", request("launcher"));
        assertThat(debug).contains("OtherContainer");
        assertRefused("OtherContainer", "name=\"launcher\" podUID=\"" + uid);

        String exec = stage.node()
                .exec("runc", "exec", container("launcher"), peer.toString(), "ask", SOCKET, request("launcher"))
                .orThrow();
        assertThat(exec).contains("NotFirstProcess");
        assertRefused("NotFirstProcess", "name=\"launcher\" podUID=\"" + uid);
    }

    /** The successor has the ended peer's number, and everything that a launcher has to have. */
    @Test
    void aNumberThatWasReusedSinceItsPeerConnected() {
        PassthroughVM vm = vm("reused");
        Pod pod = peer("reused", vm, "radeon", "idle");
        bind("reused", "reused", pod.getMetadata().getUid());
        container("reused");

        Map<String, String> said = lines(inNode("successor", SOCKET, cgroupOf("reused"), request("reused")));

        assertThat(said.get("reused")).as("the number").isEqualTo(said.get("ended"));
        assertThat(said.get("hostile")).contains("ProcessGone");
        assertThat(said.get("before")).isEqualTo(Long.toString(INHERITED));
        assertThat(said.get("after")).as("the successor's limit").isEqualTo(said.get("before"));
        assertThat(said.get("own")).as("judged by itself").contains("granted", "0000:02:00.0");
        assertThat(said.get("now")).isEqualTo(Long.toString(LIMIT_BYTES));
        assertCounted("ProcessGone");
        // Without its process its pod is unknown too: the audit joins such refusals of one minute, whatever they asked
        // for.
        assertThat(audited("reason=\"ProcessGone\"", "podUID=\"-\"")).isPositive();
        stage.await("the grant goes with its process")
                .until(() -> !metrics().contains("holdfast_vm_locked_bytes{name=\"reused\""));
    }

    private PassthroughVM vm(String name) {
        PassthroughVM vm = VmFiles.read(build.root().resolve("examples/gpu-vm.yaml"));
        vm.getMetadata().setName(name);
        if (name.equals("reused")) {
            vm = VmFiles.withDevice(vm, "holdfast.dev/radeon");
        }
        return stage.api().admin().resource(vm).create();
    }

    private Resource<PassthroughVM> vms(String name) {
        return stage.api()
                .admin()
                .resources(PassthroughVM.class)
                .inNamespace(NAMESPACE)
                .withName(name);
    }

    /** Writes the status as the operator would. */
    private void bind(String vm, String podName, String podUid) {
        Memlock plan = new Memlock(
                "Exact", LIMIT_BYTES - MIB, MIB, LIMIT_BYTES, MAX_BYTES, false, 1, List.of(), null, null, null);
        vms(vm).editStatus(current -> {
            current.setStatus(Statuses.of(Map.of("podName", podName, "podUID", podUid, "memlock", plan)));
            return current;
        });
    }

    /** A pod whose only container is a peer, as the first process of it. */
    private Pod peer(String name, @Nullable PassthroughVM owner, @Nullable String device, String... acts) {
        PodBuilder pod = new PodBuilder()
                .withNewMetadata()
                .withNamespace(NAMESPACE)
                .withName(name)
                .endMetadata()
                .withNewSpec()
                .withTerminationGracePeriodSeconds(120L)
                .withRestartPolicy("Never")
                .addNewContainer()
                .withName(Names.QEMU_CONTAINER)
                .withImage(Product.LAUNCHER_IMAGE)
                .withCommand(peer.toString())
                .withArgs(acts)
                .addNewVolumeMount()
                .withName("grant")
                .withMountPath(FOLDER)
                .withReadOnly(true)
                .endVolumeMount()
                .withNewResources()
                .withLimits(device == null ? Map.of() : Map.of("holdfast.dev/" + device, new Quantity("1")))
                .endResources()
                .endContainer()
                .addNewVolume()
                .withName("grant")
                .withNewHostPath()
                .withPath(FOLDER)
                .endHostPath()
                .endVolume()
                .endSpec();
        if (owner != null) {
            pod.editMetadata()
                    .addNewOwnerReference()
                    .withApiVersion(Names.GROUP + "/" + Names.VERSION)
                    .withKind("PassthroughVM")
                    .withName(owner.getMetadata().getName())
                    .withUid(owner.getMetadata().getUid())
                    .withController(true)
                    .endOwnerReference()
                    .endMetadata();
        }
        return stage.api().admin().resource(pod.build()).create();
    }

    private static String request(String vm) {
        return "{\"namespace\":\"default\",\"name\":\"" + vm + "\"}";
    }

    private String inNode(String... arguments) {
        String[] command = new String[arguments.length + 1];
        command[0] = peer.toString();
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        return stage.node().exec(command).orThrow();
    }

    private String awaitSaid(String pod, String words) {
        return stage.await("the peer in pod " + pod + " has been told: " + words)
                .until(() -> stage.logs(NAMESPACE, pod), said -> said.contains(words));
    }

    private String container(String pod) {
        return stage.await("the container of pod " + pod + " runs")
                .until(
                        () -> stage.api().pod(pod).map(Pod::getStatus).stream()
                                .flatMap(status -> status.getContainerStatuses().stream())
                                .filter(status -> status.getState().getRunning() != null)
                                .map(status -> status.getContainerID().replaceFirst("^.*://", ""))
                                .findFirst(),
                        Optional::isPresent)
                .orElseThrow();
    }

    private String cgroupOf(String pod) {
        String uid = stage.api().pod(pod).orElseThrow().getMetadata().getUid();
        return find("-path", "*pod" + uid + "/*", "-name", "*" + container(pod) + "*");
    }

    private String podCgroup(String podUid) {
        return find("-name", "pod" + podUid);
    }

    private String find(String... what) {
        List<String> command = new ArrayList<>(List.of("find", "/sys/fs/cgroup", "-type", "d"));
        command.addAll(List.of(what));
        String found =
                stage.node().exec(command.toArray(String[]::new)).orThrow().strip();
        assertThat(found.lines()).hasSize(1);
        return found;
    }

    private void assertRefused(String reason, String words) {
        assertCounted(reason);
        assertThat(audited("decision=\"refused\" reason=\"" + reason + "\"", words))
                .isPositive();
    }

    private void assertCounted(String reason) {
        assertThat(counted(metrics(), reason))
                .as("refusals for " + reason)
                .isGreaterThan(counted(metricsBefore, reason));
    }

    /** Returns the agent's count of refusals with this reason. */
    private static double counted(String metrics, String reason) {
        return metrics.lines()
                .filter(line -> line.startsWith("holdfast_grant_refusals_total{reason=\"" + reason + "\""))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    /** Returns the number of lines of the audit log that contain all these words. */
    private long audited(String... words) {
        return stage.agentLog()
                .lines()
                .filter(line ->
                        line.contains(" audit - ") && List.of(words).stream().allMatch(line::contains))
                .count();
    }

    private String metrics() {
        return stage.node()
                .exec("busybox", "wget", "-qO-", "http://127.0.0.1:8080/metrics")
                .orThrow();
    }

    /** By the first word of each. */
    private static Map<String, String> lines(String said) {
        return said.lines()
                .map(line -> line.split(" ", 2))
                .collect(Collectors.toMap(parts -> parts[0], parts -> parts.length > 1 ? parts[1] : ""));
    }
}
