package dev.holdfast.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.testbed.cluster.ClientProgram;
import dev.holdfast.testbed.cluster.OnRealCluster;
import dev.holdfast.testbed.cluster.RealCluster;
import dev.holdfast.testbed.cluster.SeenVm;
import dev.holdfast.testbed.cluster.TestNamespace;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests repeated applies of a user or a GitOps tool, with kubectl's own code. */
@OnRealCluster
class ApplyClusterIT {
    private static final Path EVERY_OBJECT = Path.of("src/test/resources/apply/every-object.yaml");
    private static final String SERVER_SIDE = "--server-side";
    private static final String OUR_KIND = ".holdfast.dev/";

    private final RealCluster cluster;
    private String namespace = "";
    private Path applied = Path.of("");

    ApplyClusterIT(RealCluster cluster) {
        this.cluster = cluster;
    }

    static List<Path> files() throws IOException {
        try (Stream<Path> files = Files.walk(Path.of("examples"))) {
            return Stream.concat(
                            Stream.of(EVERY_OBJECT),
                            files.filter(file -> file.toString().endsWith(".yaml"))
                                    .sorted())
                    .toList();
        }
    }

    @BeforeEach
    void inANamespaceOfItsOwn(TestNamespace fresh) {
        namespace = fresh.name();
    }

    @AfterEach
    void deleteWhatHasNoNamespace() {
        cluster.kubectl().run("delete", "ptclass", "--all", "--wait=true");
    }

    @ParameterizedTest
    @MethodSource("files")
    void isUnchangedWhenAppliedAgain(Path file) throws IOException {
        copy(file);
        apply();

        assertThat(ours(apply())).isNotEmpty().allMatch(line -> line.endsWith(" unchanged"), "unchanged");
        assertThat(diff()).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("files")
    void isUnchangedWhenAppliedAgainByTheServer(Path file) throws IOException {
        copy(file);
        apply(SERVER_SIDE);
        List<String> versions = versions();

        apply(SERVER_SIDE);

        assertThat(versions()).isEqualTo(versions);
        assertThat(diff(SERVER_SIDE)).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("files")
    void goesOverToServerSideApplyWithoutForce(Path file) throws IOException {
        copy(file);
        leaveOut("ResourceClaimTemplate");
        apply();

        apply(SERVER_SIDE);
        List<String> versions = versions();
        apply(SERVER_SIDE);

        assertThat(versions()).isEqualTo(versions);
        assertThat(diff(SERVER_SIDE)).isEmpty();
        // And back: kubectl writes its annotation once more.
        apply();
        assertThat(ours(apply())).allMatch(line -> line.endsWith(" unchanged"), "unchanged");
    }

    @ParameterizedTest
    @MethodSource("files")
    void isSharedByTwoFieldManagersThatWantTheSame(Path file) throws IOException {
        copy(file);
        leaveOut("Secret");
        leaveOut("ResourceClaimTemplate");
        apply(SERVER_SIDE, "--field-manager=argocd-controller");
        apply(SERVER_SIDE, "--field-manager=kustomize-controller");
        List<String> versions = versions();

        apply(SERVER_SIDE, "--field-manager=argocd-controller");
        apply(SERVER_SIDE, "--field-manager=kustomize-controller");

        assertThat(versions()).isEqualTo(versions);
        assertThat(diff(SERVER_SIDE, "--field-manager=argocd-controller")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", SERVER_SIDE + " --force-conflicts"})
    void takesBackWhatSomebodyHasEdited(String options) throws IOException {
        copy(EVERY_OBJECT);
        String[] again = options.isEmpty() ? new String[0] : options.split(" ", -1);
        apply(again);

        cluster.kubectl().run("patch", "ptvm", "every-object", "-n", namespace, "--type=merge", "-p", """
                        {"spec": {"cpu": {"cores": 7}, "features": null, "memory": {"overhead": "1Gi"},
                        "devices": {"interfaces": [{"name": "default", "ports": [{"port": 80}]}]}}}""");
        assertThat(diff(again)).contains("cores: 2", "vendorid: holdfast", "overhead: 64Mi", "port: 53");
        apply(again);

        assertThat(diff(again)).isEmpty();
    }

    @Test
    void namesTheOtherManagerOfAnEditedField() throws IOException {
        copy(EVERY_OBJECT);
        apply(SERVER_SIDE);
        cluster.kubectl()
                .run(
                        "patch",
                        "ptvm",
                        "every-object",
                        "-n",
                        namespace,
                        "--type=merge",
                        "-p",
                        "{\"spec\":{\"cpu\":{\"cores\":7}}}");

        ClientProgram.Output refused = cluster.kubectl().attempt(command("apply", SERVER_SIDE));

        assertThat(refused.status()).isEqualTo(1);
        assertThat(refused.err()).contains("conflict with \"kubectl-patch\"", ".spec.cpu");
    }

    private void copy(Path file) throws IOException {
        applied = cluster.work().resolve(namespace + ".yaml");
        Files.writeString(applied, Files.readString(file).replace("namespace: default", "namespace: " + namespace));
    }

    /**
     * Removes the objects of a kind of Kubernetes on which two managers always conflict: the API server stores a Secret's
     * stringData as another field, and adds defaults to the requests of a claim, a list that is compared as a whole.
     */
    private void leaveOut(String kind) throws IOException {
        List<String> documents = Stream.of(Files.readString(applied).split("(?m)^---$", -1))
                .filter(document -> !document.contains("\nkind: " + kind + "\n"))
                .toList();
        Files.writeString(applied, String.join("---", documents));
    }

    private String apply(String... options) {
        String output = kubectl("apply", options);
        vms().forEach(name -> SeenVm.mark(cluster, namespace, name));
        return output;
    }

    private List<String> vms() {
        return cluster.admin().resources(PassthroughVM.class).inNamespace(namespace).list().getItems().stream()
                .map(vm -> vm.getMetadata().getName())
                .toList();
    }

    /** The lines of kubectl about our kinds. */
    private static List<String> ours(String output) {
        return output.lines().filter(line -> line.contains(OUR_KIND)).toList();
    }

    private String diff(String... options) {
        ClientProgram.Output output = cluster.kubectl().attempt(command("diff", options));
        assertThat(output.status()).as(output.err()).isLessThan(2);
        return output.out();
    }

    /** Names and resourceVersions: the second of them changes with every write that changes anything. */
    private List<String> versions() {
        JsonNode list = Serialization.unmarshal(
                cluster.kubectl().run("get", "-n", namespace, "-f", applied.toString(), "-ojson"), JsonNode.class);
        Stream<JsonNode> objects = list.has("items")
                ? Stream.iterate(0, i -> i < list.path("items").size(), i -> i + 1)
                        .map(i -> list.path("items").path(i))
                : Stream.of(list);
        return objects.filter(object -> object.path("apiVersion").asText().startsWith("holdfast.dev/"))
                .map(object -> object.at("/metadata/name").asText() + " at "
                        + object.at("/metadata/resourceVersion").asText())
                .toList();
    }

    private String kubectl(String verb, String... options) {
        return cluster.kubectl().run(command(verb, options));
    }

    private String[] command(String verb, String... options) {
        return Stream.of(Stream.of(verb, "-n", namespace, "-f", applied.toString()), Stream.of(options))
                .flatMap(words -> words)
                .toArray(String[]::new);
    }
}
