package dev.holdfast.truth;

import dev.holdfast.memlock.MemlockInput;
import java.util.List;

/**
 * One machine, as input of the calculator and as QEMU's command line.
 *
 * @param name      for the command line and for programs
 * @param title     for people
 * @param argv      QEMU's command line
 * @param addresses of the node's PCI functions that it gets, or whose groups it needs
 * @param hugePages of 2 MiB that the node has to set aside
 */
public record Scenario(
        String name,
        String title,
        MemlockInput input,
        Firmware firmware,
        List<String> argv,
        List<String> addresses,
        int hugePages) {
    public Scenario {
        argv = List.copyOf(argv);
        addresses = List.copyOf(addresses);
    }

    /** All memory that the guest sees, memory devices too. */
    long memoryBytes() {
        return input.guestBytes()
                + input.memory().modules().stream()
                        .mapToLong(MemlockInput.MemoryModule::bytes)
                        .sum();
    }

    @Override
    public String toString() {
        return name;
    }
}
