package dev.holdfast.testbed;

import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Output of the guest of src/test/virtual-node/build-guest: its PCI functions, then that it is ready. */
public record GuestConsole(List<String> pciFunctions, boolean ready) {
    private static final Pattern FUNCTION =
            Pattern.compile("guest-pci ([0-9a-f:.]+ [0-9a-f]{4}:[0-9a-f]{4} class=0x[0-9a-f]+)");

    public static GuestConsole parse(String console) {
        return new GuestConsole(
                FUNCTION.matcher(console).results().map(GuestConsole::function).toList(),
                console.contains("guest-ready"));
    }

    private static String function(MatchResult line) {
        return line.group(1);
    }
}
