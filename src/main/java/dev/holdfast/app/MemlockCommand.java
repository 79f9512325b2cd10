package dev.holdfast.app;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.holdfast.api.vm.machine.MemlockPolicy;
import dev.holdfast.cli.MemlockResult;
import dev.holdfast.cli.MemlockTable;
import dev.holdfast.cli.VmFile;
import dev.holdfast.memlock.MemlockPlan;
import dev.holdfast.plan.machine.ByteQuantity;
import dev.holdfast.plan.machine.Policies;
import dev.holdfast.text.Quoted;
import java.io.PrintWriter;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code holdfast memlock}: the calculator, without a cluster. */
@Command(
        name = "memlock",
        description = {
            "Computes the RLIMIT_MEMLOCK that QEMU requires for a PassthroughVM or a libvirt domain, and explains it.",
            "A PassthroughVM that the API server would refuse is refused with the server's messages."
        },
        mixinStandardHelpOptions = true,
        versionProvider = Version.class)
final class MemlockCommand implements Callable<Integer> {
    private enum Output {
        table,
        json
    }

    /** The input, by exactly one of the two options. */
    static final class Source {
        @Option(
                names = {"-f", "--filename"},
                paramLabel = "FILE",
                description = "YAML or JSON with one or more PassthroughVMs; - for standard input.")
        private @Nullable String vms;

        @Option(
                names = "--domain-xml",
                paramLabel = "FILE",
                description =
                        "One or more libvirt domains, as printed by virsh dumpxml; - for standard input. Parts that are not included "
                                + "but may change the sum are listed below the table, or on standard error for json.")
        private @Nullable String domain;
    }

    @ArgGroup(multiplicity = "1")
    private Source source = new Source();

    @Option(
            names = "--policy",
            paramLabel = "POLICY",
            description = "${COMPLETION-CANDIDATES}. Default: the policy of each VM; Libvirt for a domain.")
    private @Nullable MemlockPolicy policy;

    @Option(
            names = "--limit",
            paramLabel = "SIZE",
            description = "The limit for --policy Fixed, such as 70Gi. Default: the limit of each VM.")
    private @Nullable String limit;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            defaultValue = "table",
            description =
                    "${COMPLETION-CANDIDATES}; json is an array for several VMs or domains. Default: ${DEFAULT-VALUE}.")
    private Output output = Output.table;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws JsonProcessingException {
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        try {
            List<MemlockResult> cases = cases();
            out.print(output == Output.json ? json(cases) : table(cases));
            out.flush();
            if (output == Output.json) {
                // The form of the JSON is a contract, so the notes are printed on standard error.
                cases.forEach(this::printNotes);
            }
            return 0;
        } catch (IllegalArgumentException e) {
            return Holdfast.refuse(spec.commandLine(), "memlock", e);
        }
    }

    private List<MemlockResult> cases() {
        Long limitBytes = limit == null ? null : limitBytes(limit);
        MemlockResult.Overrides overrides =
                new MemlockResult.Overrides(policy == null ? null : Policies.of(policy), limitBytes);
        if (source.domain != null) {
            return MemlockResult.ofDomains(source.domain, System.in, overrides);
        }
        String file = Objects.requireNonNull(source.vms);
        return VmFile.read(file, System.in).stream()
                .map(vm -> MemlockResult.of(file, vm, overrides))
                .toList();
    }

    private void printNotes(MemlockResult machine) {
        PrintWriter err = Objects.requireNonNull(spec).commandLine().getErr();
        machine.notes()
                .forEach(note ->
                        err.println(Quoted.escaped("holdfast memlock: %s: %s".formatted(machine.title(), note))));
    }

    private static long limitBytes(String limit) {
        return ByteQuantity.bytes(limit)
                .orElseThrow(() -> new IllegalArgumentException(
                        "--limit is \"%s\", must be a whole number of bytes above zero; give a size such as 70Gi"
                                .formatted(limit)));
    }

    private static String table(List<MemlockResult> cases) {
        return cases.stream().map(MemlockTable::of).collect(Collectors.joining(System.lineSeparator()));
    }

    private static String json(List<MemlockResult> cases) throws JsonProcessingException {
        List<MemlockPlan> plans = cases.stream().map(MemlockResult::plan).toList();
        return JsonMapper.builder()
                        .enable(SerializationFeature.INDENT_OUTPUT)
                        .build()
                        .writeValueAsString(plans.size() == 1 ? plans.getFirst() : plans)
                + System.lineSeparator();
    }
}
