package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class MemlockCommandTest {
    private static final String VM = """
            apiVersion: holdfast.dev/v1alpha1
            kind: PassthroughVM
            metadata: {name: gpu-vm, namespace: default}
            spec:
              memory: {guest: 64Gi}
              devices:
                gpus:
                - {name: gpu0, deviceName: holdfast.dev/nvidia-a100}
                video: {type: vga}
            """;
    private static final String CLASS = """
            apiVersion: holdfast.dev/v1alpha1
            kind: PassthroughDeviceClass
            metadata: {name: nvidia-a100}
            spec: {selectors: [{vendorID: "10de"}]}
            """;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    private Path folder = Path.of("");

    @Test
    void printsTheContractsFieldsInTheirOrder() throws Exception {
        assertThat(run(VM, "-o", "json")).isZero();

        JsonNode plan = new ObjectMapper().readTree(out.toString());
        List<String> names = new ArrayList<>();
        plan.fieldNames().forEachRemaining(names::add);
        assertThat(names)
                .containsExactly(
                        "policy",
                        "requiredBytes",
                        "marginBytes",
                        "limitBytes",
                        "maxBytes",
                        "unlimited",
                        "addressSpaces",
                        "terms");
        assertThat(plan.get("policy").asText()).isEqualTo("Exact");
        assertThat(plan.get("requiredBytes").asLong()).isEqualTo((64L << 30) + (16 << 20) + 262144 + 131072 + 65536);
        assertThat(plan.get("limitBytes").asLong())
                .isEqualTo(plan.get("requiredBytes").asLong() + (1 << 20));
        assertThat(plan.get("maxBytes").asLong()).isEqualTo(65L << 30);
        assertThat(plan.get("terms").get(0).toString())
                .startsWith("{\"name\":\"guest-memory\",\"bytes\":68719476736,\"reason\":\"");
    }

    @Test
    void printsAnArrayForSeveralVms() throws Exception {
        assertThat(run(VM + "---\n" + CLASS + "---\n" + VM, "-o", "json")).isZero();

        assertThat(new ObjectMapper().readTree(out.toString())).hasSize(2);
    }

    @Test
    void readsAListAsKubectlPrintsIt() throws Exception {
        String list = "apiVersion: v1\nkind: List\nitems:\n- " + VM.strip().replace("\n", "\n  ") + "\n";

        assertThat(run(list, "-o", "json")).isZero();

        assertThat(new ObjectMapper().readTree(out.toString()).isObject()).isTrue();
    }

    @Test
    void explainsEveryTermInTheTable() throws Exception {
        assertThat(run(VM)).isZero();

        assertThat(out.toString().lines())
                .anyMatch(line -> line.contains("PassthroughVM default/gpu-vm"))
                .anyMatch(line -> line.matches("guest-memory +68719476736 bytes +64 GiB  .+"))
                .anyMatch(line -> line.matches("limit +68737761280 bytes +64 GiB  .+"))
                .anyMatch(line -> line.matches("video-memory +16777216 bytes +16 MiB  .+"));
        assertThat(err.toString()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "guest: 64Gi      | guest: lots        | spec.memory.guest: Invalid value: \"lots\": ",
                "guest: 64Gi      | guest: -1Gi        | spec.memory.guest: Invalid value: \"-1Gi\": ",
                "guest: 64Gi      | guest: 65Ti        | spec.memory.guest: Invalid value: \"65Ti\": ",
                "{guest: 64Gi}    | {guest: 64Gi, memlock: {policy: Fixed, limit: 100Ei}} | spec.memory.memlock.limit: Invalid",
                "guest: 64Gi      | guest: \"\"        | spec.memory.guest: Invalid value: \"\": ",
                "{guest: 64Gi}    | {}                 | spec.memory.guest: Required value",
                "memory:          | memori:            | unknown field \"spec.memori\"; did you mean \"memory\"?",
                "  gpus:          |   gpu:             | unknown field \"spec.devices.gpu\"; did you mean \"gpus\"?",
                "{type: vga}      | {type: cga}        | spec.devices.video.type: Unsupported value: \"cga\": supported",
                "{type: vga}      | {type: vga, memory: 3Mi} | spec.devices.video.memory: Invalid value: \"3Mi\": ",
                "{type: vga}      | {type: none, memory: 4Mi} | spec.devices.video: Invalid value: memory is set, but only",
                "kind: PassthroughVM | kind: PassthroughVm | unknown kind PassthroughVm",
                "kind: PassthroughVM | kind: PassthroughDeviceClass | unknown field \"spec.devices\"",
                "kind: PassthroughVM | king: PassthroughVM | without apiVersion and kind",
                "spec:            | speck: [            | not valid YAML or JSON",
            })
    void reportsWhyItCannotUseTheFile(String found, String instead, String message) throws Exception {
        assertThat(VM).contains(found);

        assertThat(run(VM.replace(found, instead))).isEqualTo(2);

        assertThat(err.toString().lines())
                .allMatch(line -> line.startsWith("holdfast memlock: " + folder.resolve("vm.yaml")))
                .first()
                .asString()
                .contains(message);
        assertThat(out.toString()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "Exact, 68737761280, false, 1048576",
        "Libvirt, 69793218560, false, 1056505856",
        "Unlimited, , true, 0",
    })
    void usesThePolicyOfTheCommandLine(String policy, @Nullable Long limit, boolean unlimited, long margin)
            throws Exception {
        assertThat(run(VM, "-o", "json", "--policy", policy)).isZero();

        JsonNode plan = new ObjectMapper().readTree(out.toString());
        assertThat(plan.get("policy").asText()).isEqualTo(policy);
        assertThat(plan.get("requiredBytes").asLong()).isEqualTo(68736712704L);
        assertThat(plan.get("limitBytes").isNull()).isEqualTo(limit == null);
        assertThat(plan.get("limitBytes").asLong()).isEqualTo(limit == null ? 0 : limit);
        assertThat(plan.get("maxBytes").isNull()).isEqualTo(limit == null);
        assertThat(plan.get("unlimited").asBoolean()).isEqualTo(unlimited);
        assertThat(plan.get("marginBytes").asLong()).isEqualTo(margin);
    }

    @Test
    void usesTheVmsOwnPolicyAndLimitByDefault() throws Exception {
        String fixed = VM.replace("{guest: 64Gi}", "{guest: 64Gi, memlock: {policy: Fixed, limit: 70Gi}}");

        assertThat(run(fixed, "-o", "json")).isZero();
        assertThat(json().get("policy").asText()).isEqualTo("Fixed");
        assertThat(json().get("limitBytes").asLong()).isEqualTo(70L << 30);
        assertThat(json().get("maxBytes").asLong()).isEqualTo(70L << 30);
        assertThat(run(fixed, "-o", "json", "--policy", "Exact")).isZero();
        assertThat(json().get("limitBytes").asLong()).isEqualTo(68737761280L);
        assertThat(run(fixed, "-o", "json", "--policy", "Fixed", "--limit", "80Gi"))
                .isZero();
        assertThat(json().get("limitBytes").asLong()).isEqualTo(80L << 30);
        assertThat(run(fixed, "-o", "json", "--limit", "80Gi")).isZero();
        assertThat(json().get("limitBytes").asLong()).isEqualTo(80L << 30);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--policy Fixed               | policy Fixed requires a limit",
                "--policy Fixed --limit 64Gi  | the fixed limit is 68719476736 bytes, must be at least the required 68736712704",
                "--policy Libvirt --limit 1Gi | policy Libvirt computes its own",
                "--policy Fixed --limit lots  | --limit is \"lots\", must be a whole number of bytes",
                "--policy Fixed --limit -1Gi  | must be a whole number of bytes above zero",
            })
    void refusesAnInvalidLimit(String options, String message) throws Exception {
        assertThat(run(VM, options.split(" "))).isEqualTo(2);

        assertThat(err.toString().lines()).singleElement().asString().contains(message);
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void readsADomainAndUsesLibvirtsPolicy() throws Exception {
        assertThat(execute("--domain-xml", "examples/memlock/viommu.xml", "-o", "json"))
                .isZero();

        assertThat(json().get("policy").asText()).isEqualTo("Libvirt");
        assertThat(json().get("limitBytes").asLong()).isEqualTo(275951648768L);
        assertThat(json().get("maxBytes").asLong()).isEqualTo(275951648768L);
        assertThat(json().get("requiredBytes").asLong()).isEqualTo(4 * (64L << 30));
        assertThat(json().get("marginBytes").asLong()).isEqualTo(1L << 30);
        assertThat(json().get("addressSpaces").asInt()).isEqualTo(4);
    }

    @Test
    void printsLibvirtsSumBesidesTheRequiredBytes() {
        assertThat(execute("--domain-xml", "examples/memlock/gpu.xml")).isZero();

        assertThat(out.toString().lines()).first().asString().isEqualTo("domain gpu, policy Libvirt");
        assertThat(out.toString().lines())
                .anyMatch(line -> line.matches("required +8607170560 bytes +8 GiB  .+"))
                .anyMatch(line -> line.matches("memory-maps +8589934592 bytes +8 GiB  .+"))
                .anyMatch(line -> line.matches("fudge +1073741824 bytes +1 GiB  .+"))
                .anyMatch(line -> line.matches("limit +9663676416 bytes +9 GiB  .+"))
                .anyMatch(line ->
                        line.matches("difference +1056505856 bytes +1007.6 MiB  the limit less the required bytes"));
    }

    @Test
    void reportsThatLibvirtsLimitIsTooLow() throws Exception {
        String gpus = "<hostdev mode='subsystem' type='pci'/>".repeat(64);
        Path file = Files.writeString(
                folder.resolve("many.xml"),
                "<domain type='kvm'><memory unit='GiB'>1</memory><os><type arch='x86_64' machine='q35'>hvm</type></os>"
                        + "<devices><video><model type='vga'/></video><iommu model='intel'/>" + gpus
                        + "</devices></domain>");

        assertThat(execute("--domain-xml", file.toString())).isZero();

        assertThat(out.toString().lines())
                .anyMatch(line -> line.matches("difference +-29360128 bytes +-28 MiB  LESS than required: .+"));
    }

    @Test
    void showsNotesBelowTheTable() {
        assertThat(execute("--domain-xml", "examples/memlock/commandline.xml")).isZero();

        assertThat(out.toString().lines())
                .containsSequence(
                        "",
                        "Notes",
                        "  * the network \"virtual-functions\" of 1 interface can assign host devices (forward mode hostdev), "
                                + "which are not in this file and not counted; see virsh net-dumpxml");
        assertThat(err.toString()).isEmpty();
    }

    /** The form of the JSON is a contract, so it has no notes. */
    @Test
    void printsNotesBesideJson() throws Exception {
        assertThat(execute("--domain-xml", "examples/memlock/commandline.xml", "-o", "json"))
                .isZero();

        assertThat(json().get("limitBytes").asLong()).isEqualTo(17L << 30);
        assertThat(json().get("addressSpaces").asInt()).isEqualTo(2);
        assertThat(err.toString().lines())
                .singleElement()
                .asString()
                .startsWith("holdfast memlock: domain commandline: the network \"virtual-functions\"");
    }

    @Test
    void printsAnArrayForSeveralDomains() throws Exception {
        String domain = Files.readString(Path.of("examples", "memlock", "gpu.xml"));
        Path file = Files.writeString(folder.resolve("two.xml"), domain + domain);

        assertThat(execute("--domain-xml", file.toString(), "-o", "json")).isZero();
        assertThat(json()).hasSize(2);
        assertThat(execute("--domain-xml", file.toString())).isZero();
        assertThat(out.toString().lines().filter("domain gpu, policy Libvirt"::equals))
                .hasSize(2);
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void namesTheFileOfADomainThatIsInvalid() throws Exception {
        Path file = Files.writeString(folder.resolve("domain.xml"), "<domain type='kvm'><memory>x</memory></domain>");

        assertThat(execute("--domain-xml", file.toString())).isEqualTo(2);
        assertThat(err.toString())
                .isEqualToIgnoringNewLines(
                        "holdfast memlock: " + file + ": <memory> is \"x\", must be a whole number; correct it");
    }

    @Test
    void showsWhatExactNeedsForADomain() {
        assertThat(execute("--domain-xml", "examples/memlock/gpu.xml", "--policy", "Exact"))
                .isZero();

        assertThat(out.toString().lines()).anyMatch(line -> line.matches("limit +8608219136 bytes .+"));
    }

    @Test
    void requiresExactlyOneSource() {
        assertThat(execute()).isEqualTo(2);
        assertThat(execute("-f", "a", "--domain-xml", "b")).isEqualTo(2);
    }

    /** A hundred MiB each, and a few bytes that expand to as much. */
    @ParameterizedTest
    @ValueSource(strings = {"<a>", "[", "{a: ", "- ", "a:\n ", "x"})
    void givesUpOnEndlessNestingWithinTwoSeconds(String piece) throws Exception {
        byte[] pieces = piece.repeat(100_000).getBytes(StandardCharsets.UTF_8);
        Path file = folder.resolve("nested");
        try (OutputStream nested = Files.newOutputStream(file)) {
            for (long written = 0; written < 100 << 20; written += pieces.length) {
                nested.write(pieces);
            }
        }

        for (String option : List.of("--domain-xml", "-f")) {
            err.getBuffer().setLength(0);
            assertTimeoutPreemptively(
                    Duration.ofSeconds(2),
                    () -> assertThat(execute(option, file.toString())).isEqualTo(2));
            assertThat(err.toString().lines()).singleElement().asString().contains("larger than");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"[", "{a: ", "- ", "? ", "{\"a\":"})
    void givesUpOnNestingThatIsSmallEnoughToBeRead(String piece) throws Exception {
        String text = piece.repeat(2 << 20).substring(0, 2 << 20);
        for (String yaml : List.of(text, "a: " + text, VM + "  nodeSelector: " + text)) {
            err.getBuffer().setLength(0);
            assertTimeoutPreemptively(
                    Duration.ofSeconds(2), () -> assertThat(run(yaml)).isEqualTo(2));
            assertThat(err.toString().lines()).hasSize(1);
        }
    }

    @Test
    void givesUpOnAliasesThatExpandTooMuch() throws Exception {
        StringBuilder laughs = new StringBuilder("l0: &l0 [ha]\n");
        for (int i = 1; i < 40; i++) {
            laughs.append("l%d: &l%d [*l%d, *l%d]\n".formatted(i, i, i - 1, i - 1));
        }

        assertTimeoutPreemptively(
                Duration.ofSeconds(2), () -> assertThat(run(laughs.toString())).isEqualTo(2));
        assertThat(err.toString().lines()).singleElement().asString().contains("expands to more than 200000 values");
    }

    @Test
    void readsHarmlessAliases() throws Exception {
        String vm = VM.replace("{guest: 64Gi}", "&m {guest: 64Gi}");

        assertThat(run(vm + "---\n" + vm, "-o", "json")).isZero();
        assertThat(json()).hasSize(2);
    }

    @Test
    void reportsThatThereIsNoVm() throws Exception {
        for (String text : List.of("", "---\n", CLASS)) {
            err.getBuffer().setLength(0);
            assertThat(run(text)).isEqualTo(2);
            assertThat(err.toString().lines()).singleElement().asString().contains("no PassthroughVM found");
        }
    }

    @Test
    void reportsThatTheSpecIsMissing() throws Exception {
        assertThat(run("apiVersion: holdfast.dev/v1alpha1\nkind: PassthroughVM\nmetadata: {name: a}\n"))
                .isEqualTo(2);
        assertThat(err.toString()).contains("PassthroughVM a: spec: Required value");
    }

    @Test
    void reportsThatTheFileIsMissing() {
        assertThat(execute("-f", folder.resolve("nowhere.yaml").toString())).isEqualTo(2);
        assertThat(err.toString().lines()).singleElement().asString().contains("nowhere.yaml: file not found");
    }

    @Test
    void reportsThatAFolderIsNotAFile() {
        assertThat(execute("-f", folder.toString())).isEqualTo(2);
        assertThat(err.toString().lines()).singleElement().asString().contains("cannot be read");
    }

    private JsonNode json() throws IOException {
        return new ObjectMapper().readTree(out.toString());
    }

    private int run(String yaml, String... more) throws IOException {
        Path file = Files.writeString(folder.resolve("vm.yaml"), yaml);
        List<String> arguments = new ArrayList<>(List.of("-f", file.toString()));
        arguments.addAll(List.of(more));
        return execute(arguments.toArray(String[]::new));
    }

    private int execute(String... arguments) {
        out.getBuffer().setLength(0);
        return new CommandLine(new MemlockCommand())
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err, true))
                .execute(arguments);
    }
}
