package dev.holdfast.cli;

import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.memlock.MemlockInput;
import dev.holdfast.memlock.MemlockPlan;
import dev.holdfast.memlock.Policy;
import dev.holdfast.memlock.libvirt.Domain;
import dev.holdfast.plan.machine.MachineSpec;
import dev.holdfast.plan.machine.MemlockInputs;
import dev.holdfast.plan.machine.MemlockRule;
import java.io.InputStream;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A machine of the input and its limit.
 *
 * @param title   kind and name of the machine, for display
 * @param input   the machine as QEMU builds it
 * @param counted the machine as libvirt counts it
 * @param notes   parts that are not included but may change the sum
 */
public record MemlockResult(
        String title, MemlockInput input, MemlockInput counted, MemlockPlan plan, List<String> notes) {
    /** Page size of the x86-64 hosts on which the limit is applied; the host of this command may have another. */
    private static final long PAGE_BYTES = 4096;

    /** Policy and limit of the command line; null for those of the input. */
    public record Overrides(
            @Nullable Policy policy, @Nullable Long limitBytes) {}

    /**
     * Computes the limit of a VM.
     *
     * @throws IllegalArgumentException with a line that names file and VM, when the spec is invalid or the overrides do not
     *     fit it
     */
    public static MemlockResult of(String file, PassthroughVM vm, Overrides overrides) {
        String title = title(vm);
        return switch (MachineSpec.of(vm.getSpec())) {
            case MachineSpec.Valid valid -> of(file, title, valid.machine(), overrides);
            case MachineSpec.Invalid invalid ->
                throw new IllegalArgumentException(
                        "%s: %s: %s".formatted(file, title, invalid.cause().message()));
        };
    }

    private static MemlockResult of(String file, String title, MachineSpec machine, Overrides overrides) {
        MemlockInput input = MemlockInputs.of(machine, PAGE_BYTES);
        try {
            return new MemlockResult(title, input, input, plan(machine.memlock(), input, overrides), List.of());
        } catch (IllegalArgumentException e) {
            // The options may be invalid, such as a limit that is too low.
            throw new IllegalArgumentException("%s: %s: %s".formatted(file, title, e.getMessage()), e);
        }
    }

    /** Computes the plan. The VM's own limit is used only with the VM's own policy. */
    private static MemlockPlan plan(MemlockRule own, MemlockInput input, Overrides overrides) {
        Policy policy = Objects.requireNonNullElse(overrides.policy(), own.policy());
        return overrides.limitBytes() == null && policy == own.policy()
                ? own.plan(input)
                : policy.plan(input, overrides.limitBytes());
    }

    /**
     * Reads the domains of a file.
     *
     * @param stdin read when the file is {@code -}
     * @throws IllegalArgumentException with one message that names the file
     */
    public static List<MemlockResult> ofDomains(String file, InputStream stdin, Overrides overrides) {
        byte[] document = InputFile.read(file, stdin, Domain.MAX_BYTES);
        try {
            return Domain.readAll(document, PAGE_BYTES).stream()
                    .map(domain -> of(domain, overrides))
                    .toList();
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(file + ": " + e.getMessage(), e);
        }
    }

    private static MemlockResult of(Domain domain, Overrides overrides) {
        String title = domain.name().isEmpty() ? "domain without a name" : "domain " + domain.name();
        Policy policy = Objects.requireNonNullElse(overrides.policy(), Policy.LIBVIRT);
        MemlockPlan plan = domain.plan(policy, overrides.limitBytes());
        return new MemlockResult(title, domain.input(), domain.libvirtInput(), plan, domain.notes());
    }

    private static String title(PassthroughVM vm) {
        String name = vm.getMetadata().getName();
        String namespace = vm.getMetadata().getNamespace();
        return "PassthroughVM " + (namespace == null ? "" : namespace + "/") + (name == null ? "without a name" : name);
    }
}
