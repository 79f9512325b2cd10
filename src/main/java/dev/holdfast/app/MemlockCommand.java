package dev.holdfast.app;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.holdfast.api.PassthroughVM;
import dev.holdfast.memlock.Exact;
import dev.holdfast.memlock.MemlockPlan;
import dev.holdfast.plan.MemlockInputs;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The calculator, offline. */
@Command(
        name = "memlock",
        description = "Computes the RLIMIT_MEMLOCK that QEMU needs for a PassthroughVM, and explains it.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class)
final class MemlockCommand implements Callable<Integer> {
    /** Of every x86-64 host, where the limit will be applied; the machine that this runs on may have another. */
    private static final long PAGE_BYTES = 4096;

    private enum Output {
        table,
        json
    }

    @Option(
            names = {"-f", "--filename"},
            paramLabel = "FILE",
            required = true,
            description = "YAML or JSON with one or more PassthroughVMs; - for standard input.")
    private String file = "-";

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            defaultValue = "table",
            description =
                    "${COMPLETION-CANDIDATES}; json is an array when there are several VMs. Default: ${DEFAULT-VALUE}.")
    private Output output = Output.table;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws JsonProcessingException {
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        try {
            List<PassthroughVM> vms = VmFile.read(file, System.in);
            List<MemlockPlan> plans = new ArrayList<>();
            for (PassthroughVM vm : vms) {
                plans.add(plan(vm));
            }
            out.print(output == Output.json ? json(plans) : table(vms, plans));
            out.flush();
            return 0;
        } catch (IllegalArgumentException e) {
            spec.commandLine().getErr().println("holdfast memlock: " + e.getMessage());
            return Holdfast.UNUSABLE_INPUT;
        }
    }

    private MemlockPlan plan(PassthroughVM vm) {
        try {
            return Exact.plan(MemlockInputs.of(vm.getSpec(), PAGE_BYTES));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("%s: %s: %s".formatted(file, name(vm), e.getMessage()), e);
        }
    }

    private static String table(List<PassthroughVM> vms, List<MemlockPlan> plans) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < vms.size(); i++) {
            text.append(i == 0 ? "" : System.lineSeparator());
            text.append(MemlockTable.of(name(vms.get(i)), plans.get(i)));
        }
        return text.toString();
    }

    private static String json(List<MemlockPlan> plans) throws JsonProcessingException {
        return JsonMapper.builder()
                        .enable(SerializationFeature.INDENT_OUTPUT)
                        .build()
                        .writeValueAsString(plans.size() == 1 ? plans.getFirst() : plans)
                + System.lineSeparator();
    }

    private static String name(PassthroughVM vm) {
        String name = vm.getMetadata().getName();
        String namespace = vm.getMetadata().getNamespace();
        return "PassthroughVM " + (namespace == null ? "" : namespace + "/") + (name == null ? "without a name" : name);
    }
}
