package dev.holdfast.plan.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.testbed.fixtures.Samples;
import dev.holdfast.testbed.fixtures.Statuses;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Compares {@link Kstatus} with the library, in all combinations of the fields that it reads. Requires Go, as its lane does. */
class KstatusClusterIT {
    private static final Path PROGRAM = Path.of("src/test/kstatus");

    @Test
    void judgesAsTheLibraryDoes() throws Exception {
        assumeThat(hasGo()).as("Go is there").isTrue();
        Map<String, PassthroughVM> vms = new LinkedHashMap<>();
        for (@Nullable Long seen : new @Nullable Long[] {null, -1L, 1L, 2L}) {
            for (String ready : List.of("", "True", "False", "Unknown")) {
                for (String reconciling : List.of("", "True", "False")) {
                    for (String stalled : List.of("", "True", "False")) {
                        add(vms, seen, ready, reconciling, stalled);
                    }
                }
            }
        }

        Map<String, String> library = library(vms);

        assertThat(vms.entrySet())
                .allSatisfy(vm -> assertThat(library)
                        .as(Serialization.asYaml(vm.getValue().getStatus()))
                        .containsEntry(vm.getKey(), Kstatus.of(vm.getValue()).name()));
    }

    private static void add(
            Map<String, PassthroughVM> vms, @Nullable Long seen, String ready, String reconciling, String stalled) {
        PassthroughVM vm = Samples.vm();
        vm.getMetadata().setName("vm-" + vms.size());
        vm.getMetadata().setGeneration(2L);
        List<Condition> conditions = Stream.of(
                        condition("Ready", ready), condition("Stalled", stalled), condition("Reconciling", reconciling))
                .filter(condition -> !condition.getStatus().isEmpty())
                .toList();
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("conditions", conditions);
        if (seen != null) {
            fields.put("observedGeneration", seen);
        }
        vm.setStatus(Statuses.with(PassthroughVMStatus.none(), fields));
        vms.put(vm.getMetadata().getName(), vm);
    }

    private static Condition condition(String type, String status) {
        return new ConditionBuilder()
                .withType(type)
                .withStatus(status)
                .withReason("Said")
                .withMessage("said by the test")
                .withLastTransitionTime("2026-11-22T12:00:00Z")
                .build();
    }

    private static Map<String, String> library(Map<String, PassthroughVM> vms) throws Exception {
        ObjectNode list = Serialization.jsonMapper().createObjectNode();
        list.put("apiVersion", "v1").put("kind", "List");
        var items = list.putArray("items");
        vms.values().forEach(vm -> items.add(Serialization.jsonMapper().<ObjectNode>valueToTree(vm)));
        Path input = Files.createTempFile("kstatus", ".json");
        Files.writeString(input, list.toString());
        Process program = new ProcessBuilder("go", "run", "-mod=readonly", ".")
                .directory(PROGRAM.toFile())
                .redirectInput(input.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String output = new String(program.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(program.waitFor()).as("the program's end").isZero();
        Files.delete(input);
        Map<String, String> judged = new LinkedHashMap<>();
        for (String line : output.lines().toList()) {
            String[] words = line.split(" ", -1);
            judged.put(words[0], words[1]);
        }
        return judged;
    }

    private static boolean hasGo() throws InterruptedException {
        try {
            return new ProcessBuilder("go", "version")
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException none) {
            return false;
        }
    }
}
