package dev.holdfast.app;

import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.memlock.MemlockInput;
import dev.holdfast.memlock.MemlockPlan;
import dev.holdfast.memlock.Policy;
import dev.holdfast.memlock.domain.Domain;
import dev.holdfast.plan.MemlockInputs;
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
record MemlockCase(String title, MemlockInput input, MemlockInput counted, MemlockPlan plan, List<String> notes) {
    /** Of every x86-64 host, where the limit will be applied; the machine that this runs on may have another. */
    private static final long PAGE_BYTES = 4096;

    /** What the command line asks for; null leaves it to the input. */
    record Wish(@Nullable Policy policy, @Nullable Long limitBytes) {}

    /**
     * @throws IllegalArgumentException with one sentence that names file and VM
     */
    static MemlockCase of(String file, PassthroughVM vm, Wish wish) {
        String title = title(vm);
        try {
            MemlockInput input = MemlockInputs.of(vm.getSpec(), PAGE_BYTES);
            Policy own = MemlockInputs.policy(vm.getSpec());
            Policy policy = Objects.requireNonNullElse(wish.policy(), own);
            // The VM's own number goes with the VM's own policy, and with Fixed.
            boolean ownNumber = wish.limitBytes() == null && (policy == own || policy == Policy.FIXED);
            Long limitBytes = ownNumber ? MemlockInputs.fixedBytes(vm.getSpec()) : wish.limitBytes();
            return new MemlockCase(title, input, input, policy.plan(input, limitBytes), List.of());
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("%s: %s: %s".formatted(file, title, e.getMessage()), e);
        }
    }

    /**
     * Reads the domains of a file.
     *
     * @param stdin read when the file is {@code -}
     * @throws IllegalArgumentException with one message that names the file
     */
    static List<MemlockCase> ofDomains(String file, InputStream stdin, Wish wish) {
        byte[] document = InputFile.read(file, stdin, Domain.MAX_BYTES);
        try {
            return Domain.readAll(document, PAGE_BYTES).stream()
                    .map(domain -> of(domain, wish))
                    .toList();
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(file + ": " + e.getMessage(), e);
        }
    }

    private static MemlockCase of(Domain domain, Wish wish) {
        String title = domain.name().isEmpty() ? "domain without a name" : "domain " + domain.name();
        Policy policy = Objects.requireNonNullElse(wish.policy(), Policy.LIBVIRT);
        MemlockPlan plan = domain.plan(policy, wish.limitBytes());
        return new MemlockCase(title, domain.input(), domain.libvirtInput(), plan, domain.notes());
    }

    private static String title(PassthroughVM vm) {
        String name = vm.getMetadata().getName();
        String namespace = vm.getMetadata().getNamespace();
        return "PassthroughVM " + (namespace == null ? "" : namespace + "/") + (name == null ? "without a name" : name);
    }
}
