package dev.holdfast.cli;

import dev.holdfast.host.pci.Bar;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Formats the report of {@code holdfast devices} as text: a block for each group, with the remedy below it. */
public final class DevicesTable {
    private static final long KIB = 1 << 10;
    private static final long MIB = 1 << 20;
    private static final long GIB = 1 << 30;
    private static final String NONE = "-";
    private static final String INDENT = "  ";
    /** Names in brackets, of which the last is the product's: "Inc. [AMD/ATI] Navi 21 [Radeon RX 6800]". */
    private static final Pattern IN_BRACKETS = Pattern.compile("\\[([^\\[\\]]+)\\]");

    private final DevicesReport report;
    private final int width;

    private DevicesTable(DevicesReport report, int width) {
        this.report = report;
        this.width = width;
    }

    /**
     * Returns the text, with a line end after each line.
     *
     * @param width columns of the terminal
     */
    public static String of(DevicesReport report, int width) {
        List<String> lines = new DevicesTable(report, width).lines();
        return String.join(System.lineSeparator(), lines) + System.lineSeparator();
    }

    private List<String> lines() {
        List<String> lines = new ArrayList<>();
        for (DevicesReport.Condition condition : report.conditions()) {
            String start = "%-20s %-8s ".formatted(label(condition.type()), verdict(condition.status()));
            lines.addAll(TextLines.wrapped(start, condition.message(), width));
        }
        lines.add("");
        if (report.groups().isEmpty()) {
            lines.add("no display controller, no accelerator and no device of a VFIO driver found");
        } else {
            groups(lines);
        }
        if (!report.problems().isEmpty()) {
            lines.add("");
            report.problems().forEach(problem -> lines.addAll(TextLines.wrapped("! ", problem, width)));
        }
        return lines;
    }

    private static String label(String type) {
        return switch (type) {
            case "Architecture" -> "Architecture";
            case "IommuEnabled" -> "IOMMU";
            case "InterruptRemapping" -> "Interrupt remapping";
            case "VfioReady" -> "VFIO";
            default -> "KVM";
        };
    }

    private static String verdict(String status) {
        return switch (status) {
            case "True" -> "ok";
            case "False" -> "not ok";
            default -> "unknown";
        };
    }

    private void groups(List<String> lines) {
        boolean named = report.groups().stream()
                .flatMap(group -> group.functions().stream())
                .anyMatch(function -> function.description() != null);
        TextColumns columns = new TextColumns(
                named
                        ? List.of("FUNCTION", "CLASS", "ID", "DEVICE", "BARS", "RESET", "DRIVER", "GUEST")
                        : List.of("FUNCTION", "CLASS", "ID", "BARS", "RESET", "DRIVER", "GUEST"));
        List<Integer> ends = new ArrayList<>();
        for (DevicesReport.Group group : report.groups()) {
            group.functions().forEach(function -> columns.add(row(group, function, named)));
            ends.add(columns.rows());
        }
        List<String> rows = columns.lines(width - INDENT.length(), named ? "DEVICE" : null);
        lines.add(INDENT + rows.getFirst());
        int from = 0;
        for (int i = 0; i < ends.size(); i++) {
            DevicesReport.Group group = report.groups().get(i);
            lines.add(title(group));
            rows.subList(from + 1, ends.get(i) + 1).forEach(row -> lines.add(INDENT + row));
            if (group.message() != null) {
                lines.addAll(TextLines.wrapped("    -> ", group.message(), width));
            }
            notes(group).forEach(note -> lines.addAll(TextLines.wrapped("    note: ", note, width)));
            from = ends.get(i);
        }
    }

    private static String title(DevicesReport.Group group) {
        String name = group.iommuGroup() == null ? "No group" : "Group " + group.iommuGroup();
        String place = (group.numaNode() == null ? "" : ", NUMA node " + group.numaNode())
                + (group.pcieRoot() == null ? "" : ", " + group.pcieRoot());
        return name + place + ": " + outcome(group);
    }

    private static String outcome(DevicesReport.Group group) {
        long passed = group.functions().stream()
                .filter(DevicesReport.Function::passed)
                .count();
        if (!group.viable()) {
            return "not viable";
        }
        if (group.functions().size() == 1) {
            return "viable";
        }
        return passed == group.functions().size()
                ? "viable, a guest gets all " + passed + " functions"
                : "viable, a guest gets " + passed + " of " + group.functions().size() + " functions";
    }

    private static List<String> row(DevicesReport.Group group, DevicesReport.Function function, boolean named) {
        List<String> row = new ArrayList<>();
        row.add(function.pciAddress());
        row.add(className(function.classCode()));
        row.add(function.vendorID() + ":" + function.deviceID());
        if (named) {
            row.add(shortName(function.description()));
        }
        row.add(bars(function));
        row.add(function.resetMethods().isEmpty() ? NONE : String.join(",", function.resetMethods()));
        row.add(Objects.toString(function.driver(), NONE));
        row.add(guest(group, function));
        return row;
    }

    private static String shortName(@Nullable String description) {
        if (description == null) {
            return NONE;
        }
        Matcher brackets = IN_BRACKETS.matcher(description);
        String last = null;
        while (brackets.find()) {
            last = description.endsWith(brackets.group()) ? brackets.group(1) : last;
        }
        return last == null ? description.replace(" Corporation", "").replace(", Inc.", "") : last;
    }

    private static String guest(DevicesReport.Group group, DevicesReport.Function function) {
        if (function.blocks()) {
            return "blocks";
        }
        if (!group.viable()) {
            return "not viable";
        }
        return function.passed() ? "passed" : "not passed";
    }

    private static List<String> notes(DevicesReport.Group group) {
        List<String> notes = new ArrayList<>();
        if (group.gpuOnSameBoard() != null) {
            notes.add(group.id() + " is on the board of the GPU " + group.gpuOnSameBoard());
        }
        for (DevicesReport.Function function : group.functions()) {
            if (function.bootVGA()) {
                notes.add("the host uses the display " + function.pciAddress()
                        + " at boot; its console is blank while a guest has the device");
            }
            if (function.physicalFunction() != null && group.viable()) {
                notes.add(function.pciAddress() + " is a virtual function of " + function.physicalFunction());
            }
            if (function.passed()
                    && function.pciAddress().equals(group.id())
                    && function.vgpuType() == null
                    && function.resetMethods().isEmpty()) {
                notes.add("no reset method found for " + function.pciAddress()
                        + "; it may fail to start again after use by a guest");
            }
        }
        return notes;
    }

    /** Returns the sizes of the memory BARs, which decide whether a card fits into a guest; I/O ports always fit. */
    private static String bars(DevicesReport.Function function) {
        String sizes = function.bars().stream()
                .filter(bar -> bar.type() != Bar.Type.io)
                .map(bar -> size(bar.sizeBytes()))
                .collect(Collectors.joining(" "));
        return sizes.isEmpty() ? NONE : sizes;
    }

    private static String size(long bytes) {
        if (bytes >= GIB) {
            return bytes / GIB + "G";
        }
        if (bytes >= MIB) {
            return bytes / MIB + "M";
        }
        return bytes >= KIB ? bytes / KIB + "K" : Long.toString(bytes);
    }

    /** Returns the name of a subclass that is common next to a GPU (PCI Code and ID Assignment Specification), else the code. */
    private static String className(String code) {
        return switch (code.substring(0, 4)) {
            case "0108" -> "NVMe";
            case "0200" -> "Ethernet";
            case "0207" -> "InfiniBand";
            case "0300" -> "VGA";
            case "0302" -> "3D";
            case "0380" -> "display";
            case "0403" -> "audio";
            case "0601" -> "ISA";
            case "0680" -> "switch";
            case "0b40" -> "co-proc.";
            case "0c03" -> "USB";
            case "0c80" -> "serial";
            case "1200" -> "accel.";
            default -> code;
        };
    }
}
