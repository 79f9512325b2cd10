package dev.holdfast.testbed.kubelet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.holdfast.testbed.kubelet.container.ContainerProblem;
import dev.holdfast.testbed.kubelet.device.Rejection;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ProjectedVolumeSource;
import io.fabric8.kubernetes.api.model.ServiceAccountTokenProjection;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProjectedVolumeTest {
    /** Volume that the API server adds. */
    private static final String API_ACCESS = """
            defaultMode: 420
            sources:
            - serviceAccountToken: {expirationSeconds: 3607, path: token}
            - configMap: {name: kube-root-ca.crt, items: [{key: ca.crt, path: ca.crt}]}
            - downwardAPI: {items: [{path: namespace, fieldRef: {apiVersion: v1, fieldPath: metadata.namespace}}]}
            """;

    private static final NodeFacts NODE =
            new NodeFacts("node-1", "10.0.0.1", new ApiAccess(URI.create("http://api"), null));

    @TempDir
    private Path directory;

    @Test
    void hasWhatAPodNeedsToSpeakToTheApiServer() throws Exception {
        write(API_ACCESS, new Cluster("a certificate"));

        assertThat(directory.resolve("token")).hasContent("token of holdfast/holdfast-agent, 3607 s");
        assertThat(directory.resolve("ca.crt")).hasContent("a certificate");
        assertThat(directory.resolve("namespace")).hasContent("holdfast");
    }

    @Test
    void givesFilesTheModeOfTheVolumeOrTheirOwn() throws Exception {
        write("""
                defaultMode: 288
                sources:
                - downwardAPI:
                    items:
                    - {path: name, fieldRef: {fieldPath: metadata.name}}
                    - {path: uid, mode: 256, fieldRef: {fieldPath: metadata.uid}}
                """, new Cluster(null));

        assertThat(mode("name")).isEqualTo("r--r-----");
        assertThat(mode("uid")).isEqualTo("r--------");
    }

    @Test
    void isReadableByEveryUserByDefault() throws Exception {
        write(API_ACCESS.replace("defaultMode: 420\n", ""), new Cluster("a certificate"));

        assertThat(mode("token")).isEqualTo("rw-r--r--");
        assertThat(mode("ca.crt")).isEqualTo("rw-r--r--");
    }

    @Test
    void isWrittenAnewAtTheNextStart() throws Exception {
        write(API_ACCESS, new Cluster("an old certificate"));
        write(API_ACCESS, new Cluster("a new one"));

        assertThat(directory.resolve("ca.crt")).hasContent("a new one");
    }

    @Test
    void keepsTheContainerWaitingForAConfigMapThatIsNotThereYet() {
        assertThatExceptionOfType(ContainerProblem.class)
                .isThrownBy(() -> write(API_ACCESS, new Cluster(null)))
                .withMessageContaining("configmap \"kube-root-ca.crt\" not found");
    }

    @Test
    void doesWithoutAnOptionalConfigMap() throws Exception {
        write("sources: [{configMap: {name: absent, optional: true}}]", new Cluster(null));

        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void refusesSecretsWithASentence() {
        assertThatExceptionOfType(Rejection.class)
                .isThrownBy(() -> write("sources: [{secret: {name: s}}]", new Cluster(null)))
                .withMessageContaining("projections other than serviceAccountToken, configMap and downwardAPI");
    }

    private void write(String volume, ProjectedVolume.Sources sources) throws Exception {
        Pod pod = Serialization.unmarshal("""
                metadata: {name: agent-x, namespace: holdfast, uid: u1}
                spec: {serviceAccountName: holdfast-agent}
                """, Pod.class);
        ProjectedVolume.write(
                directory, pod, Serialization.unmarshal(volume, ProjectedVolumeSource.class), NODE, sources);
    }

    private String mode(String file) throws Exception {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve(file)));
    }

    private record Cluster(@Nullable String certificate) implements ProjectedVolume.Sources {
        @Override
        public String token(Pod pod, ServiceAccountTokenProjection wanted) {
            return "token of %s/%s, %d s"
                    .formatted(
                            pod.getMetadata().getNamespace(),
                            PodFields.serviceAccount(pod),
                            wanted.getExpirationSeconds());
        }

        @Override
        public @Nullable ConfigMap configMap(Pod pod, String name) {
            return certificate == null
                    ? null
                    : new ConfigMapBuilder().addToData("ca.crt", certificate).build();
        }
    }
}
