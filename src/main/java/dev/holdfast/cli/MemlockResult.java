package dev.holdfast.cli;

import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.memlock.MemlockInput;
import dev.holdfast.memlock.MemlockPlan;
import dev.holdfast.memlock.Policy;
import dev.holdfast.memlock.domain.Domain;
import dev.holdfast.plan.machine.MachineSpec;
import dev.holdfast.plan.machine.MemlockInputs;
import dev.holdfast.plan.machine.MemlockRule;
import java.io.InputStream;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One machine of the input and its limit.
 *
 * @param title   for a person: what it is and its name
 * @param input   what QEMU makes
 * @param counted what libvirt counts
 * @param notes   what may change the sum and is not in it
 */
public record MemlockResult(
        String title, MemlockInput input, MemlockInput counted, MemlockPlan plan, List<String> notes) {
    /** Of every x86-64 host, where the limit will be applied; the machine that this runs on may have another. */
    private static final long PAGE_BYTES = 4096;

    /** What the command line asks for; null leaves it to the input. */
    public record Wish(@Nullable Policy policy, @Nullable Long limitBytes) {}

    /**
     * Computes the limit of a VM.
     *
     * @throws IllegalArgumentException with a line that names file and VM, when the spec is invalid, or the wish does not
     *     fit it
     */
    public static MemlockResult of(String file, PassthroughVM vm, Wish wish) {
        String title = title(vm);
        return switch (MachineSpec.of(vm.getSpec())) {
            case MachineSpec.Valid valid -> of(file, title, valid.machine(), wish);
            case MachineSpec.Invalid invalid ->
                throw new IllegalArgumentException(
                        "%s: %s: %s".formatted(file, title, invalid.cause().message()));
        };
    }

    private static MemlockResult of(String file, String title, MachineSpec machine, Wish wish) {
        MemlockInput input = MemlockInputs.of(machine, PAGE_BYTES);
        try {
            return new MemlockResult(title, input, input, plan(machine.memlock(), input, wish), List.of());
        } catch (IllegalArgumentException e) {
            // The options are the user's, and a limit may be too low.
            throw new IllegalArgumentException("%s: %s: %s".formatted(file, title, e.getMessage()), e);
        }
    }

    /** The VM's own number goes with the VM's own policy, and with Fixed. */
    private static MemlockPlan plan(MemlockRule own, MemlockInput input, Wish wish) {
        Policy policy = Objects.requireNonNullElse(wish.policy(), own.policy());
        return wish.limitBytes() == null && policy == own.policy()
                ? own.plan(input)
                : policy.plan(input, wish.limitBytes());
    }

    /**
     * Reads the domains of a file.
     *
     * @param stdin read when the file is {@code -}
     * @throws IllegalArgumentException with one message that names the file
     */
    public static List<MemlockResult> ofDomains(String file, InputStream stdin, Wish wish) {
        byte[] document = InputFile.read(file, stdin, Domain.MAX_BYTES);
        try {
            return Domain.readAll(document, PAGE_BYTES).stream()
                    .map(domain -> of(domain, wish))
                    .toList();
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(file + ": " + e.getMessage(), e);
        }
    }

    private static MemlockResult of(Domain domain, Wish wish) {
        String title = domain.name().isEmpty() ? "domain without a name" : "domain " + domain.name();
        Policy policy = Objects.requireNonNullElse(wish.policy(), Policy.LIBVIRT);
        MemlockPlan plan = domain.plan(policy, wish.limitBytes());
        return new MemlockResult(title, domain.input(), domain.libvirtInput(), plan, domain.notes());
    }

    private static String title(PassthroughVM vm) {
        String name = vm.getMetadata().getName();
        String namespace = vm.getMetadata().getNamespace();
        return "PassthroughVM " + (namespace == null ? "" : namespace + "/") + (name == null ? "without a name" : name);
    }
}
