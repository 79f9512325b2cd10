package dev.holdfast.host;

import java.util.List;

/**
 * What one look at the bus found.
 *
 * @param functions in address order
 * @param problems  one sentence for each function that could not be read and was left out
 */
public record PciScan(List<PciFunction> functions, List<String> problems) {
    public PciScan {
        functions = List.copyOf(functions);
        problems = List.copyOf(problems);
    }
}
