package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.leader.OperatorLease;
import dev.holdfast.testbed.Product;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingAdmissionPolicy;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingAdmissionPolicyBinding;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.api.model.rbac.Subject;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Checks that the files of deploy/ are consistent; their effect is tested with a real API server. */
class DeployFilesTest {
    private static final Path DEPLOY = Path.of("deploy");
    private static final Path KUSTOMIZATION = DEPLOY.resolve("kustomization.yaml");
    private static final Pattern DOCUMENT = Pattern.compile("(?m)^---$");
    private static final Pattern USER = Pattern.compile("system:serviceaccount:[a-z0-9:-]+");
    private static final Set<String> OF_KUBERNETES =
            Set.of("system:serviceaccount:kube-system:generic-garbage-collector");

    private final List<HasMetadata> objects = new ArrayList<>();
    private final List<GenericKubernetesResource> forKustomize = new ArrayList<>();
    private JsonNode kustomization;

    @BeforeEach
    void read() throws IOException {
        kustomization = Serialization.unmarshal(Files.readString(KUSTOMIZATION), JsonNode.class);
        for (Path file : files()) {
            for (String document : DOCUMENT.split(Files.readString(file))) {
                HasMetadata object = Serialization.unmarshal(document);
                if (object instanceof GenericKubernetesResource one && isForKustomizeAlone(one)) {
                    forKustomize.add(one);
                } else {
                    objects.add(object);
                }
            }
        }
    }

    private static boolean isForKustomizeAlone(HasMetadata object) {
        return "true".equals(object.getMetadata().getAnnotations().get("config.kubernetes.io/local-config"));
    }

    @Test
    void theKustomizationNamesEveryFileAndTheCrds() throws IOException {
        List<String> expected = Stream.concat(
                        Stream.of("../crds"), files().stream().map(file -> String.valueOf(file.getFileName())))
                .toList();

        assertThat(kustomization.path("resources"))
                .extracting(JsonNode::asText)
                .containsExactlyInAnyOrderElementsOf(expected);
    }

    @Test
    void policiesNameExistingServiceAccounts() throws IOException {
        Set<String> named = new TreeSet<>();
        for (Path file : files()) {
            USER.matcher(Files.readString(file))
                    .results()
                    .map(found -> found.group())
                    .filter(user -> !user.endsWith(":"))
                    .forEach(named::add);
        }
        named.removeAll(OF_KUBERNETES);

        assertThat(named)
                .containsExactlyInAnyOrderElementsOf(all(ServiceAccount.class)
                        .map(account -> "system:serviceaccount:%s:%s"
                                .formatted(
                                        account.getMetadata().getNamespace(),
                                        account.getMetadata().getName()))
                        .toList());
    }

    @Test
    void allNamespacedObjectsAreInHoldfastsNamespace() {
        String holdfasts =
                all(Namespace.class).findFirst().orElseThrow().getMetadata().getName();

        assertThat(objects)
                .extracting(object -> object.getMetadata().getNamespace())
                .containsOnly(holdfasts, null);
        assertThat(subjects())
                .allSatisfy(subject -> assertThat(subject.getNamespace()).isEqualTo(holdfasts));
        assertThat(objects)
                .filteredOn(object -> object.getMetadata().getNamespace() == null)
                .extracting(HasMetadata::getKind)
                .containsOnly(
                        "Namespace",
                        "ClusterRole",
                        "ClusterRoleBinding",
                        "ValidatingAdmissionPolicy",
                        "ValidatingAdmissionPolicyBinding");
    }

    @Test
    void everyBindingFindsItsSubjectAndItsPolicy() {
        Set<String> accounts = names(ServiceAccount.class);
        assertThat(subjects()).extracting(Subject::getName).isSubsetOf(accounts);
        assertThat(List.of(operator().getServiceAccountName(), agent().getServiceAccountName()))
                .containsExactlyInAnyOrderElementsOf(accounts);
        assertThat(all(ClusterRoleBinding.class))
                .extracting(binding -> binding.getRoleRef().getName())
                .isSubsetOf(names(ClusterRole.class));
        assertThat(all(RoleBinding.class))
                .extracting(binding -> binding.getRoleRef().getName())
                .isSubsetOf(names(Role.class));
        assertThat(all(ValidatingAdmissionPolicyBinding.class))
                .extracting(binding -> binding.getSpec().getPolicyName())
                .containsExactlyInAnyOrderElementsOf(names(ValidatingAdmissionPolicy.class));
    }

    @Test
    void everyPolicyFailsClosed() {
        assertThat(all(ValidatingAdmissionPolicy.class))
                .extracting(policy -> policy.getSpec().getFailurePolicy())
                .containsOnly("Fail");
        assertThat(all(ValidatingAdmissionPolicyBinding.class))
                .allSatisfy(binding ->
                        assertThat(binding.getSpec().getValidationActions()).containsExactly("Deny"));
    }

    /** {@code kustomize edit set image} finds the images by both names. */
    @Test
    void theImagesAreThoseOfThisVersion() {
        assertThat(operator().getContainers().getFirst().getImage()).isEqualTo(Product.OPERATOR_IMAGE);
        assertThat(agent().getContainers().getFirst().getImage()).isEqualTo(Product.OPERATOR_IMAGE);
        assertThat(variable(operator(), "LAUNCHER_IMAGE")).isEqualTo(Product.LAUNCHER_IMAGE);
        assertThat(forKustomize)
                .singleElement()
                .satisfies(image -> assertThat(image.getAdditionalProperties().toString())
                        .contains("name=launcher", "image=" + Product.LAUNCHER_IMAGE));
        assertThat(kustomization.path("images"))
                .extracting(entry ->
                        entry.path("name").asText() + ":" + entry.path("newTag").asText())
                .containsExactly(Product.OPERATOR_IMAGE, Product.LAUNCHER_IMAGE);
        assertThat(kustomization.path("replacements"))
                .singleElement()
                .satisfies(copy -> assertThat(copy.toString())
                        .contains("\"kind\":\"LauncherImage\"", "[name=LAUNCHER_IMAGE].value"));
    }

    /** A slow or busy node must not cause repeated restarts of agent or operator. */
    @Test
    void aStartMayTakeFiveMinutesAndHasAShareOfTheProcessor() {
        assertThat(Stream.of(operator(), agent()).map(pod -> pod.getContainers().getFirst()))
                .allSatisfy(container -> {
                    assertThat(container.getStartupProbe().getPeriodSeconds()
                                    * container.getStartupProbe().getFailureThreshold())
                            .isEqualTo(300);
                    assertThat(container.getResources().getRequests())
                            .hasEntrySatisfying(
                                    "cpu",
                                    cpu -> assertThat(cpu.getNumericalAmount())
                                            .isGreaterThanOrEqualTo(new BigDecimal("0.1")));
                });
    }

    @Test
    void theOperatorPassesTheRestrictedPodSecurityStandard() {
        PodSpec pod = operator();

        assertThat(pod.getSecurityContext().getRunAsNonRoot()).isTrue();
        assertThat(pod.getSecurityContext().getRunAsUser()).isPositive();
        assertThat(pod.getSecurityContext().getSeccompProfile().getType()).isEqualTo("RuntimeDefault");
        assertThat(pod.getHostPID()).isNull();
        assertThat(pod.getHostNetwork()).isNull();
        assertThat(pod.getVolumes()).isEmpty();
        assertThat(pod.getContainers()).singleElement().satisfies(container -> {
            assertThat(container.getSecurityContext().getAllowPrivilegeEscalation())
                    .isFalse();
            assertThat(container.getSecurityContext().getReadOnlyRootFilesystem())
                    .isTrue();
            assertThat(container.getSecurityContext().getCapabilities().getDrop())
                    .containsExactly("ALL");
            assertThat(container.getSecurityContext().getCapabilities().getAdd())
                    .isEmpty();
        });
    }

    /** GKE creates pods of these classes only in namespaces with such a quota. */
    @Test
    void aQuotaAllowsThePriorityClassesOfOperatorAndAgent() {
        assertThat(all(ResourceQuota.class)).singleElement().satisfies(quota -> {
            assertThat(quota.getSpec().getScopeSelector().getMatchExpressions())
                    .singleElement()
                    .satisfies(scope -> assertThat(scope.getValues())
                            .containsExactlyInAnyOrder(
                                    operator().getPriorityClassName(), agent().getPriorityClassName()));
            // One for each node of the largest cluster.
            assertThat(quota.getSpec().getHard())
                    .hasEntrySatisfying(
                            "pods",
                            pods -> assertThat(pods.getNumericalAmount()).isGreaterThan(BigDecimal.valueOf(100_000)));
        });
    }

    /** All of their ports, by name, are open only to labelled namespaces. */
    @Test
    void onlyLabelledNamespacesReachThePortsOfOperatorAndAgent() {
        assertThat(List.of(
                        labels(all(Deployment.class)
                                .findFirst()
                                .orElseThrow()
                                .getSpec()
                                .getTemplate()),
                        labels(all(DaemonSet.class)
                                .findFirst()
                                .orElseThrow()
                                .getSpec()
                                .getTemplate())))
                .allSatisfy(pod -> assertThat(all(NetworkPolicy.class).map(NetworkPolicy::getSpec))
                        .filteredOn(policy -> pod.entrySet()
                                .containsAll(
                                        policy.getPodSelector().getMatchLabels().entrySet()))
                        .singleElement()
                        .satisfies(policy -> {
                            assertThat(policy.getPolicyTypes()).containsExactly("Ingress");
                            assertThat(policy.getIngress()).singleElement().satisfies(rule -> {
                                assertThat(rule.getPorts())
                                        .extracting(port -> port.getPort().getStrVal())
                                        .containsExactly("http");
                                assertThat(rule.getFrom()).singleElement().satisfies(peer -> {
                                    assertThat(peer.getNamespaceSelector().getMatchLabels())
                                            .containsExactly(Map.entry("holdfast.dev/scrape", "true"));
                                    assertThat(peer.getPodSelector()).isNull();
                                    assertThat(peer.getIpBlock()).isNull();
                                });
                            });
                        }));
        assertThat(Stream.of(operator(), agent()).flatMap(pod -> pod.getContainers().stream()))
                .flatExtracting(Container::getPorts)
                .extracting(ContainerPort::getName)
                .containsOnly("http");
        assertThat(agent().getHostNetwork())
                .as("a NetworkPolicy does not hold for the host's network")
                .isNull();
    }

    private static Map<String, String> labels(PodTemplateSpec template) {
        return template.getMetadata().getLabels();
    }

    @Test
    void replicasOfTheOperatorElectALeaderInANamespaceThatTheyKnow() {
        Deployment deployment = all(Deployment.class).findFirst().orElseThrow();

        assertThat(deployment.getSpec().getReplicas()).isGreaterThan(1);
        assertThat(operator().getContainers().getFirst().getArgs()).containsExactly("operator", "--leader-elect");
        assertThat(operator().getContainers().getFirst().getEnv())
                .anySatisfy(variable -> assertThat(variable.getName()).isEqualTo("POD_NAMESPACE"));
    }

    @Test
    void theRoleOfTheElectionIsForTheLeaseThatTheOperatorUses() {
        assertThat(all(Role.class).flatMap(role -> role.getRules().stream()))
                .allSatisfy(rule -> assertThat(rule.getResources()).containsExactly("leases"))
                .anySatisfy(rule -> assertThat(rule.getResourceNames()).containsExactly(OperatorLease.NAME));
    }

    @Test
    void usersNeverWriteAStatusNorAClass() {
        List<ClusterRole> ofUsers = all(ClusterRole.class)
                .filter(role -> role.getMetadata().getLabels().keySet().stream()
                        .anyMatch(label -> label.startsWith("rbac.authorization.k8s.io/aggregate-to-")))
                .toList();

        assertThat(ofUsers).hasSize(3);
        assertThat(ofUsers.stream().flatMap(role -> role.getRules().stream()))
                .extracting(PolicyRule::getResources)
                .containsOnly(List.of("passthroughvms"));
    }

    private PodSpec operator() {
        return all(Deployment.class)
                .findFirst()
                .orElseThrow()
                .getSpec()
                .getTemplate()
                .getSpec();
    }

    private PodSpec agent() {
        return all(DaemonSet.class)
                .findFirst()
                .orElseThrow()
                .getSpec()
                .getTemplate()
                .getSpec();
    }

    private static String variable(PodSpec pod, String name) {
        return pod.getContainers().getFirst().getEnv().stream()
                .filter(variable -> variable.getName().equals(name))
                .findFirst()
                .orElseThrow()
                .getValue();
    }

    private List<Subject> subjects() {
        return Stream.concat(
                        all(ClusterRoleBinding.class).flatMap(binding -> binding.getSubjects().stream()),
                        all(RoleBinding.class).flatMap(binding -> binding.getSubjects().stream()))
                .filter(subject -> subject.getKind().equals("ServiceAccount"))
                .toList();
    }

    private <T extends HasMetadata> Stream<T> all(Class<T> kind) {
        return objects.stream().filter(kind::isInstance).map(kind::cast);
    }

    private Set<String> names(Class<? extends HasMetadata> kind) {
        return all(kind).map(object -> object.getMetadata().getName()).collect(Collectors.toSet());
    }

    /** Returns all files except the kustomization itself. */
    private static List<Path> files() throws IOException {
        try (Stream<Path> found = Files.list(DEPLOY)) {
            return found.filter(Files::isRegularFile)
                    .filter(file -> !file.equals(KUSTOMIZATION))
                    .sorted()
                    .toList();
        }
    }
}
