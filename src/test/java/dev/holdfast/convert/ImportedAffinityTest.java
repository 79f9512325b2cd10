package dev.holdfast.convert;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.convert.Conversion.Imported;
import dev.holdfast.convert.draft.DeviceClasses;
import dev.holdfast.convert.draft.Note;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Tests that affinity to labels of KubeVirt, with which a pod would never be scheduled, is omitted. */
class ImportedAffinityTest {
    private static final String CPU_MODEL =
            "{key: cpu-model.node.kubevirt.io/SapphireRapids, operator: In, values: ['true']}";
    private static final String ZONE = "{key: topology.kubernetes.io/zone, operator: In, values: [a]}";

    @Test
    void omitsATermWithALabelOfKubeVirt() {
        Imported imported = imported(required("[{matchExpressions: [" + CPU_MODEL + "]}]"));

        assertThat(imported.documents()).singleElement().asString().doesNotContain("affinity", "kubevirt.io");
        assertThat(lines(imported))
                .anySatisfy(line -> assertThat(line)
                        .contains("affinity.nodeAffinity.", "matchExpressions[0]: not carried over")
                        .contains("\"cpu-model.node.kubevirt.io/SapphireRapids\" is a label that KubeVirt sets"));
    }

    @Test
    void keepsTheOtherTerms() {
        Imported imported = imported(required("[{matchExpressions: [" + CPU_MODEL + ", " + ZONE + "]}]"));

        assertThat(imported.documents())
                .singleElement()
                .asString()
                .contains("nodeSelectorTerms", "topology.kubernetes.io/zone")
                .doesNotContain("kubevirt.io");
    }

    @Test
    void omitsAPreferenceWithoutATerm() {
        String preferred = "{nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: "
                + "[{weight: 7, preference: {matchExpressions: [" + CPU_MODEL + "]}}]}}";

        assertThat(imported(preferred).documents()).singleElement().asString().doesNotContain("affinity", "weight");
    }

    @Test
    void omitsTermsForPodsOfKubeVirt() {
        Imported imported = imported("{podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
                + "[{labelSelector: {matchLabels: {kubevirt.io/domain: a}}, topologyKey: kubernetes.io/hostname},"
                + " {labelSelector: {matchLabels: {app: a}}, topologyKey: kubernetes.io/hostname}]}}");

        assertThat(imported.documents())
                .singleElement()
                .asString()
                .contains("podAntiAffinity", "app: a")
                .doesNotContain("kubevirt.io");
        assertThat(lines(imported))
                .anySatisfy(line -> assertThat(line).contains("Execution[0]: not carried over: refers to labels"));
    }

    private static String required(String terms) {
        return "{nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: " + terms + "}}}";
    }

    private static List<String> lines(Imported imported) {
        return imported.notes().stream().map(Note::line).toList();
    }

    private static Imported imported(String affinity) {
        String vm = """
                apiVersion: kubevirt.io/v1
                kind: VirtualMachineInstance
                metadata: {name: a}
                spec:
                  affinity: %s
                  domain:
                    memory: {guest: 1Gi}
                    devices: {gpus: [{name: gpu0, deviceName: a.example/b}]}
                """.formatted(affinity);
        Conversion conversion = Conversion.of(vm.getBytes(StandardCharsets.UTF_8), new DeviceClasses(List.of()));
        assertThat(conversion).isInstanceOf(Imported.class);
        return (Imported) conversion;
    }
}
