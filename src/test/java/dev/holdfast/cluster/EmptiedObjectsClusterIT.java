package dev.holdfast.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.testbed.cluster.OnRealCluster;
import dev.holdfast.testbed.cluster.RealCluster;
import dev.holdfast.testbed.cluster.SeenVm;
import dev.holdfast.testbed.cluster.TestNamespace;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each object of a spec that may be empty, filled, emptied, taken away and filled again by apply. What is stored has to be
 * what was applied: server-side apply drops an object together with its last field where the schema does not call it
 * atomic.
 */
@OnRealCluster
class EmptiedObjectsClusterIT {
    private static final String VM = """
            apiVersion: holdfast.dev/v1alpha1
            kind: PassthroughVM
            metadata: {name: emptied}
            spec:
              runStrategy: Halted
              memory: {guest: 1Gi}
              devices:
                gpus: [{name: gpu0, deviceName: holdfast.dev/demo-gpu}]
                disks: [{name: root}]
                interfaces: [{name: default}]
              volumes: [{name: root, containerDisk: {image: "debian:13"}}]
              networks: [{name: default, pod: {}}]
            """;

    /** The object's place, what it may hold, and what it is when emptied: {@code -} for no such form. */
    private static final List<Case> CASES = cases("""
                /machine;                              {type: q35};                            {}
                /firmware;                             {bootloader: {efi: {secureBoot: true}}}; {}
                /firmware/bootloader;                  {efi: {}};                              {bios: {}}
                /firmware/bootloader/efi;              {secureBoot: true, persistent: true};   {}
                /firmware/bootloader/efi;              {persistent: true};                     {}
                /cpu;                                  {cores: 2, model: EPYC};                {}
                /features;                             {hyperv: {vendorid: {vendorid: a}}};    {}
                /features/hyperv;                      {vendorid: {vendorid: a}};              {}
                /features/kvm;                         {hidden: true};                         {}
                /clock;                                {timezone: Europe/Berlin};              {}
                /clock;                                {timezone: Europe/Berlin};              {utc: {}}
                /memory/memlock;                       {policy: Fixed, limit: 2Gi};            {}
                /memory/hugepages;                     {pageSize: 2Mi};                        -
                /devices/iommu;                        {model: intel};                         -
                /devices/video;                        {type: vga, memory: 32Mi};              {}
                /devices/rng;                          {};                                     -
                /devices/watchdog/i6300esb;            {action: reset};                        {}
                /devices/disks/0/disk;                 {bus: nvme, readonly: true};            {}
                /devices/disks/0/cdrom;                {bus: sata};                            {}
                /devices/interfaces/0/masquerade;      {};                                     -
                /devices/interfaces/0/ports;           [{name: ssh, port: 22}, {port: 53, protocol: UDP}]; []
                /devices/hostDevices;                  [{name: nic0, deviceName: holdfast.dev/nic}]; -
                /devices/gpus/0/romFile;               {configMap: {name: roms, key: a}};      {secret: {name: roms, key: a}}
                /volumes/0/containerDisk;              {image: "debian:13", path: /disk/a};    {image: "debian:13"}
                /nodeSelector;                         {zone: a};                              {}
                /affinity;                             {podAffinity: {}};                      {}
                /tolerations;                          [{key: gpu, operator: Exists}];         []
                /imagePullSecrets;                     [{name: pull}];                         []
                """);

    /** Steps in which a spec is written again. */
    private static final List<Function<Case, String>> STEPS =
            List.of(Case::full, Case::emptied, Case::full, Case::absent, Case::full);

    private final RealCluster cluster;

    EmptiedObjectsClusterIT(RealCluster cluster) {
        this.cluster = cluster;
    }

    private record Case(String name, String place, String full, String emptied) {
        String absent() {
            return "-";
        }

        /** The spec with the value in its place, or as it is for a value that there is not. */
        JsonNode with(String value) {
            JsonNode vm = Serialization.unmarshal(VM, JsonNode.class);
            ((ObjectNode) vm.path("metadata")).put("name", name);
            if (value.equals("-")) {
                return vm;
            }
            int last = place.lastIndexOf('/');
            JsonNode parent = vm.path("spec");
            for (String field : place.substring(0, last).split("/", -1)) {
                if (!field.isEmpty()) {
                    parent = field.matches("\\d+")
                            ? parent.path(Integer.parseInt(field))
                            : child((ObjectNode) parent, field);
                }
            }
            ((ObjectNode) parent).set(place.substring(last + 1), yaml(value));
            return vm;
        }
    }

    static List<List<String>> ways() {
        return List.of(List.of(), List.of("--server-side", "--field-manager=argocd-controller"));
    }

    @ParameterizedTest(name = "kubectl apply {0}")
    @MethodSource("ways")
    void isStoredAsAppliedAtEachStep(List<String> way, TestNamespace namespace) throws IOException {
        Path file = cluster.work().resolve(namespace + ".json");
        String[] apply = Stream.concat(Stream.of("apply", "-n", namespace.name(), "-f", file.toString()), way.stream())
                .toArray(String[]::new);
        List<String> differences = new ArrayList<>();
        for (int step = 0; step < STEPS.size(); step++) {
            Map<String, JsonNode> wanted = wanted(STEPS.get(step));
            ObjectNode list = Serialization.jsonMapper().createObjectNode();
            list.put("apiVersion", "v1").put("kind", "List").putArray("items").addAll(wanted.values());
            Files.writeString(file, list.toString());
            cluster.kubectl().run(apply);
            if (step == 0) {
                wanted.keySet().forEach(name -> SeenVm.mark(cluster, namespace.name(), name));
            }
            Map<String, JsonNode> stored = stored(namespace);
            for (Case one : CASES) {
                JsonNode expected = of(one, wanted).at("/spec" + one.place());
                JsonNode found = of(one, stored).at("/spec" + one.place());
                if (!expected.equals(found)) {
                    differences.add("step %d: %s is %s and not %s".formatted(step, one.place(), found, expected));
                }
            }
            cluster.kubectl().run(apply);
            Map<String, JsonNode> again = stored(namespace);
            for (Case one : CASES) {
                if (!version(of(one, again)).equals(version(of(one, stored)))) {
                    differences.add("step %d: %s is written again".formatted(step, one.place()));
                }
            }
        }

        assertThat(differences).isEmpty();
    }

    private static Map<String, JsonNode> wanted(Function<Case, String> step) {
        Map<String, JsonNode> wanted = new LinkedHashMap<>();
        CASES.forEach(one -> wanted.put(one.name(), one.with(step.apply(one))));
        return wanted;
    }

    private Map<String, JsonNode> stored(TestNamespace namespace) {
        JsonNode list = Serialization.unmarshal(
                cluster.admin().raw("/apis/holdfast.dev/v1alpha1/namespaces/%s/passthroughvms".formatted(namespace)),
                JsonNode.class);
        Map<String, JsonNode> stored = new LinkedHashMap<>();
        list.path("items").forEach(vm -> stored.put(vm.at("/metadata/name").asText(), vm));
        return stored;
    }

    private static JsonNode of(Case one, Map<String, JsonNode> vms) {
        return Objects.requireNonNull(vms.get(one.name()), one.name());
    }

    private static String version(JsonNode vm) {
        return vm.at("/metadata/resourceVersion").asText();
    }

    private static List<Case> cases(String table) {
        List<Case> cases = new ArrayList<>();
        for (String line : table.lines().map(String::strip).toList()) {
            String[] parts = line.split(";\\s+", -1);
            cases.add(new Case("case-%02d".formatted(cases.size()), parts[0], parts[1], parts[2]));
        }
        return cases;
    }

    private static JsonNode yaml(String value) {
        try {
            return Serialization.yamlMapper().readTree(value);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static JsonNode child(ObjectNode parent, String field) {
        return parent.has(field) ? parent.path(field) : parent.putObject(field);
    }
}
