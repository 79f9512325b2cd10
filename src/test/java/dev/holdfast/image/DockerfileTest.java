package dev.holdfast.image;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.plan.pod.StopHook;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that the Dockerfile, the files of deploy/ and the pods of VMs agree about users, paths and commands. */
class DockerfileTest {
    private static final Pattern STAGE = Pattern.compile("FROM (\\S+) AS (\\S+)");
    private static final Pattern USER_MADE =
            Pattern.compile("groupadd --gid (\\d+) \\w+ && useradd --uid (\\d+) --gid \\1");
    private static final Pattern COPY = Pattern.compile("COPY --from=(\\S+) (.*) (\\S+)");
    private static final Pattern CACHE = Pattern.compile("/caches/(\\w+)\\.aot");
    private static final Pattern LABEL = Pattern.compile("org\\.opencontainers\\.image\\.(\\w+)=\"([^\"]+)\"");

    private final Map<String, List<String>> stages = new LinkedHashMap<>();
    private final Map<String, String> parents = new LinkedHashMap<>();

    @BeforeEach
    void read() throws IOException {
        String text = Files.readString(Path.of("Dockerfile"))
                .replaceAll("(?m)^#.*\n", "")
                .replaceAll("\\s*\\\\\n\\s*", " ");
        List<String> stage = new ArrayList<>();
        for (String line : text.lines().filter(line -> !line.isBlank()).toList()) {
            var from = STAGE.matcher(line);
            if (from.matches()) {
                stage = new ArrayList<>();
                parents.put(from.group(2), from.group(1));
                stages.put(from.group(2), stage);
            } else {
                stage.add(line);
            }
        }
    }

    @Test
    void theOperatorHasTheUserOfItsDeployment() throws IOException {
        assertThat(value("operator", "USER")).isEqualTo(user(pod("deploy/operator-deployment.yaml")));
    }

    @Test
    void theLauncherHasTheUserOfThePodsOfVms() throws IOException {
        assertThat(value("launcher", "USER")).isEqualTo(user(vmPod("minimal-pod.yaml")));
    }

    private static String user(JsonNode pod) {
        JsonNode security = pod.path("securityContext");
        return security.path("runAsUser").asText() + ":"
                + security.path("runAsGroup").asText();
    }

    @Test
    void bothUsersHaveNamesInBothImages() {
        Set<String> made = lineage("operator").stream()
                .flatMap(line -> USER_MADE.matcher(line).results())
                .map(user -> user.group(2) + ":" + user.group(1))
                .collect(Collectors.toSet());

        assertThat(made).containsExactlyInAnyOrder(value("operator", "USER"), value("launcher", "USER"));
        assertThat(lineage("launcher")).containsAll(stage("runtime"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"deploy/operator-deployment.yaml", "deploy/agent-daemonset.yaml"})
    void startsWhatDeploymentAndDaemonSetStart(String manifest) throws IOException {
        String command =
                pod(manifest).path("containers").path(0).path("command").path(0).asText();

        assertThat(value("operator", "ENTRYPOINT")).isEqualTo("[\"" + command + "\"]");
    }

    @Test
    void startsWhatThePodsOfVmsStart() throws IOException {
        String command = vmPod("minimal-pod.yaml")
                .path("containers")
                .path(0)
                .path("command")
                .path(0)
                .asText();

        assertThat(value("launcher", "ENTRYPOINT")).isEqualTo("[\"" + command + "\"]");
    }

    /** deploy/ says so of the image that it names. */
    @Test
    void theLauncherHasTheHookThatDeployNames() throws IOException {
        JsonNode hook = vmPod("minimal-native-hook-pod.yaml")
                .path("containers")
                .path(0)
                .path("lifecycle")
                .path("preStop")
                .path("exec")
                .path("command");

        assertThat(lineage("launcher"))
                .anySatisfy(line -> assertThat(line)
                        .startsWith("COPY --from=vmctl ")
                        .endsWith(" " + hook.path(0).asText()));
        assertThat(pod("deploy/operator-deployment.yaml")
                        .path("containers")
                        .path(0)
                        .path("env"))
                .filteredOn(variable -> variable.path("name").asText().equals("LAUNCHER_STOP_HOOK"))
                .extracting(variable -> variable.path("value").asText())
                .containsExactly(StopHook.Native.name());
    }

    /** A COPY of a cache that no training creates fails the build; a cache without a COPY is lost without a message. */
    @Test
    void everyCacheGoesIntoTheImageThatUsesIt() throws IOException {
        assertThat(caches("operator")).containsExactlyInAnyOrder("operator", "agent", "commands");
        assertThat(caches("launcher")).containsExactly("launch");
        assertThat(argument("deploy/operator-deployment.yaml")).isEqualTo("operator");
        assertThat(argument("deploy/agent-daemonset.yaml")).isEqualTo("agent");
        assertThat(vmPod("minimal-pod.yaml")
                        .path("containers")
                        .path(0)
                        .path("args")
                        .path(0)
                        .asText())
                .isEqualTo("launch");
    }

    /** Caches hold for one time of the jars, so distribution and training have to have the same. */
    @Test
    void theTrainingRunsOnTheVeryFilesOfTheImages() {
        assertThat(parents).containsEntry("training", "distribution");
        for (String image : List.of("operator", "launcher")) {
            assertThat(lineage(image)).contains("COPY holdfast /opt/holdfast");
            assertThat(lineage(image)).containsAll(stage("runtime"));
        }
        assertThat(parents).containsEntry("distribution", "runtime");
        assertThat(stage("distribution")).containsExactly("COPY holdfast /opt/holdfast");
    }

    @ParameterizedTest
    @ValueSource(strings = {"operator", "launcher"})
    void isLabelled(String image) {
        Map<String, String> labels = stage(image).stream()
                .flatMap(line -> LABEL.matcher(line).results())
                .collect(Collectors.toMap(label -> label.group(1), label -> label.group(2)));

        assertThat(labels)
                .containsOnlyKeys("title", "description", "version", "revision", "source", "licenses")
                .containsEntry("title", "holdfast-" + image)
                .containsEntry("version", "${VERSION}")
                .containsEntry("revision", "${REVISION}")
                .containsEntry("licenses", "Apache-2.0");
    }

    private Set<String> caches(String image) {
        return stage(image).stream()
                .flatMap(line -> COPY.matcher(line).results())
                .filter(copy -> copy.group(1).equals("training"))
                .map(copy -> copy.group(2))
                .flatMap(files -> CACHE.matcher(files).results())
                .map((MatchResult cache) -> cache.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private List<String> stage(String name) {
        return Objects.requireNonNull(stages.get(name), name);
    }

    private String value(String stage, String instruction) {
        return stage(stage).stream()
                .filter(line -> line.startsWith(instruction + " "))
                .map(line -> line.substring(instruction.length() + 1))
                .collect(Collectors.joining("\n"));
    }

    /** The instructions of a stage and of those that it comes from. */
    private List<String> lineage(String stage) {
        List<String> lines = new ArrayList<>();
        for (String name = stage; stages.containsKey(name); name = parents.getOrDefault(name, "")) {
            lines.addAll(0, stage(name));
        }
        return lines;
    }

    private static String argument(String manifest) throws IOException {
        return pod(manifest).path("containers").path(0).path("args").path(0).asText();
    }

    /** Returns the pod in the first document of a manifest. */
    private static JsonNode pod(String manifest) throws IOException {
        String first = Files.readString(Path.of(manifest)).split("(?m)^---$")[0];
        return Serialization.unmarshal(first, JsonNode.class)
                .path("spec")
                .path("template")
                .path("spec");
    }

    private static JsonNode vmPod(String golden) throws IOException {
        return Serialization.unmarshal(Files.readString(Path.of("src/test/resources/pods", golden)), JsonNode.class)
                .path("spec");
    }
}
