package dev.holdfast.cluster;

import static dev.holdfast.testbed.Progress.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.Names;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.testbed.Build;
import dev.holdfast.testbed.Folders;
import dev.holdfast.testbed.Product;
import dev.holdfast.testbed.cluster.ClientProgram;
import dev.holdfast.testbed.cluster.Helm;
import dev.holdfast.testbed.cluster.Identity;
import dev.holdfast.testbed.cluster.Kubectl;
import dev.holdfast.testbed.cluster.RealCluster;
import dev.holdfast.testbed.cluster.Vms;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * The life of a release, on a control plane of its own: what Helm installs serves the whole cluster. No pod starts there,
 * so nothing waits for one.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class HelmReleaseClusterIT {
    private static final String NAMESPACE = "vfio-system";
    private static final String OPERATOR = "system:serviceaccount:vfio-system:holdfast-operator";
    private static final Path WORK = Path.of("target/helm-cluster").toAbsolutePath();
    private static final String VM_CRD = "templates/crds/passthroughvms.holdfast.dev.yaml";

    private static final PatchContext APPLY = new PatchContext.Builder()
            .withPatchType(PatchType.SERVER_SIDE_APPLY)
            .withFieldManager(Names.OPERATOR)
            .withForce(true)
            .build();

    private RealCluster cluster;
    private Helm helm;
    private Kubectl kubectl;
    private Vms vms;

    @BeforeAll
    void bareCluster() {
        Folders.empty(WORK);
        cluster = RealCluster.bare(Build.here(), WORK);
        helm = Helm.of(cluster);
        kubectl = cluster.kubectl();
        vms = new Vms(cluster.admin(), "default");
    }

    @AfterAll
    void end() throws Exception {
        cluster.close();
    }

    /** Installs an earlier chart, whose VMs lack a field. */
    @Test
    @Order(1)
    void installsUnderAnotherNameInAnotherNamespace() {
        helm("install", "gpus", chartWithoutTheFieldWatchdog(), "--create-namespace", "--set=operator.replicas=1");
        cluster.awaitKinds();

        vms.create("vm", "gpu");
        assertThat(helm.run("list", "--namespace=" + NAMESPACE)).contains("gpus", "deployed", Product.VERSION);
        assertThat(replicas()).isEqualTo("1");
        assertThat(may("create", "pods", OPERATOR)).isTrue();
        assertThat(may("create", "pods", "system:serviceaccount:holdfast:holdfast-operator"))
                .isFalse();
        assertThat(hasWatchdog()).isFalse();
    }

    @Test
    @Order(2)
    void thePoliciesKnowTheServiceAccountsOfThatNamespace() {
        eventually("others may write no status", () -> {
            try {
                writeStatus(cluster.admin());
                return false;
            } catch (KubernetesClientException e) {
                return String.valueOf(e.getMessage()).contains("only the Holdfast operator does that");
            }
        });

        // By server-side apply: the operator has no right to read a single VM, and other patches of kubectl read first.
        writeStatus(cluster.controlPlane().client(Identity.ADMIN, OPERATOR, Map.of()));
        assertThat(vms.status("vm"))
                .hasValueSatisfying(
                        status -> assertThat(status.observedGeneration()).isEqualTo(1));
    }

    @Test
    @Order(3)
    void anUpgradeBringsTheNewCrdAndKeepsTheObjects() {
        String uid = vms.get("vm").getMetadata().getUid();

        // Values that are not given stay those of the release.
        helm("upgrade", "gpus", helm.chart().toString(), "--set=operator.replicas=2");

        eventually("the new field is served", this::hasWatchdog);
        assertThat(replicas()).isEqualTo("2");
        assertThat(vms.get("vm").getMetadata().getUid()).isEqualTo(uid);
    }

    @Test
    @Order(4)
    void aRollbackGoesBackAndKeepsTheObjects() {
        helm.run("rollback", "gpus", "1", "--namespace=" + NAMESPACE);

        eventually("the former CRD is back", () -> !hasWatchdog());
        assertThat(replicas()).isEqualTo("1");
        assertThat(vms.get("vm").getMetadata().getName()).isEqualTo("vm");
        helm.run("rollback", "gpus", "2", "--namespace=" + NAMESPACE);
        eventually("the new one is back", this::hasWatchdog);
    }

    @Test
    @Order(5)
    void uninstallingLeavesTheCrdsAndTheVmsAndNothingElse() {
        helm.run("uninstall", "gpus", "--namespace=" + NAMESPACE);

        eventually("all of the rest is gone", () -> ofHoldfast().isEmpty());
        assertThat(kubectl.run("get", "crd", "-o=name").lines())
                .filteredOn(crd -> crd.endsWith("." + Names.GROUP))
                .hasSize(3);
        assertThat(vms.get("vm").getMetadata().getName()).isEqualTo("vm");
    }

    @Test
    @Order(6)
    void installsAgainWhereTheCrdsWereKept() {
        helm("install", "gpus", helm.chart().toString());

        assertThat(vms.get("vm").getMetadata().getName()).isEqualTo("vm");
        assertThat(replicas()).isEqualTo("2");
        helm.run("uninstall", "gpus", "--namespace=" + NAMESPACE);
        eventually("it is gone", () -> ofHoldfast().isEmpty());
    }

    /** Under another name the CRDs belong to another release, until Helm takes their ownership. */
    @Test
    @Order(7)
    void takesOverWhatAnotherReleaseOrKubectlHasInstalled() {
        ClientProgram.Output refused =
                helm.attempt("install", "other", helm.chart().toString(), "--namespace=" + NAMESPACE, "--wait=false");
        assertThat(refused.status()).isNotZero();
        assertThat(refused.err()).contains("invalid ownership metadata", "must equal \"other\"");

        helm("install", "other", helm.chart().toString(), "--take-ownership");

        assertThat(helm.run("list", "--namespace=" + NAMESPACE)).contains("other", "deployed");
        assertThat(vms.get("vm").getMetadata().getName()).isEqualTo("vm");
    }

    private void helm(String command, String release, String chart, String... more) {
        List<String> line =
                new ArrayList<>(List.of(command, release, chart, "--namespace=" + NAMESPACE, "--wait=false"));
        line.addAll(List.of(more));
        helm.run(line.toArray(String[]::new));
    }

    private String chartWithoutTheFieldWatchdog() {
        Path copy = WORK.resolve("chart");
        try {
            try (var files = Files.walk(helm.chart())) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    Path target = copy.resolve(helm.chart().relativize(file).toString());
                    Files.createDirectories(target.getParent());
                    Files.copy(file, target);
                }
            }
            Path crd = copy.resolve(VM_CRD);
            String text = Files.readString(crd);
            String without = text.replaceAll("(?m)^( +)watchdog:\\n(?:\\1 +.*\\n)+", "");
            assertThat(without).isNotEqualTo(text);
            Files.writeString(crd, without);
            return copy.toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private boolean hasWatchdog() {
        return kubectl.attempt("explain", "ptvm.spec.devices.watchdog").status() == 0;
    }

    private String replicas() {
        return kubectl.run(
                "get", "deployment", "holdfast-operator", "--namespace=" + NAMESPACE, "-o=jsonpath={.spec.replicas}");
    }

    private boolean may(String verb, String resource, String user) {
        return kubectl.attempt("auth", "can-i", verb, resource, "--as=" + user, "--namespace=default")
                        .status()
                == 0;
    }

    private static void writeStatus(KubernetesClient client) {
        PassthroughVM vm = Serialization.unmarshal("""
                apiVersion: holdfast.dev/v1alpha1
                kind: PassthroughVM
                metadata: {name: vm, namespace: default}
                status: {observedGeneration: 1}
                """, PassthroughVM.class);
        client.resource(vm).subresource("status").patch(APPLY, vm);
    }

    /** Everything with our label but the CRDs. */
    private String ofHoldfast() {
        return kubectl.run(
                "get",
                "clusterroles,clusterrolebindings,validatingadmissionpolicies,validatingadmissionpolicybindings,"
                        + "roles,rolebindings,serviceaccounts,deployments,daemonsets,pods,networkpolicies,quota,pdb",
                "--all-namespaces",
                "--selector=app.kubernetes.io/name=holdfast",
                "-o=name");
    }
}
