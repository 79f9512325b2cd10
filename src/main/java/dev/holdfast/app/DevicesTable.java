package dev.holdfast.app;

import dev.holdfast.agent.Platform;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What {@code holdfast devices} found, for a person's eyes. */
final class DevicesTable {
    private static final List<String> HEADER = List.of("GROUP", "FUNCTION", "ID", "CLASS", "DRIVER", "GUEST");

    private DevicesTable() {}

    static String of(DevicesReport report) {
        StringBuilder text = new StringBuilder();
        text.append(line("IOMMU", report.iommu() ? "on" : Platform.NO_IOMMU));
        text.append(line("VFIO", report.vfio() ? "vfio-pci is loaded" : Platform.NO_VFIO));
        text.append(line("KVM", report.kvm() ? "available" : Platform.NO_KVM));
        text.append(System.lineSeparator());
        if (report.groups().isEmpty()) {
            text.append("found no display controller, no accelerator, and nothing on vfio-pci")
                    .append(System.lineSeparator());
        } else {
            text.append(table(report));
        }
        report.groups().stream()
                .map(DevicesReport.Group::message)
                .filter(Objects::nonNull)
                .forEach(message -> text.append(System.lineSeparator()).append(message));
        report.problems().forEach(problem -> text.append(System.lineSeparator()).append(problem));
        return text.toString().stripTrailing() + System.lineSeparator();
    }

    private static String line(String name, String value) {
        return "%-6s %s%n".formatted(name, value);
    }

    private static String table(DevicesReport report) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(HEADER);
        for (DevicesReport.Group group : report.groups()) {
            for (DevicesReport.Function function : group.functions()) {
                rows.add(row(group, function));
            }
        }
        int[] widths = IntStream.range(0, HEADER.size())
                .map(column -> rows.stream()
                        .mapToInt(row -> row.get(column).length())
                        .max()
                        .orElse(0))
                .toArray();
        return rows.stream()
                .map(row -> IntStream.range(0, row.size())
                        .mapToObj(column -> row.get(column)
                                + " ".repeat(widths[column] - row.get(column).length()))
                        .collect(Collectors.joining("  "))
                        .stripTrailing())
                .collect(Collectors.joining(System.lineSeparator(), "", System.lineSeparator()));
    }

    private static List<String> row(DevicesReport.Group group, DevicesReport.Function function) {
        return List.of(
                Objects.toString(group.iommuGroup(), "-"),
                function.pciAddress(),
                function.vendorID() + ":" + function.deviceID(),
                className(function.classCode()),
                Objects.toString(function.driver(), "-"),
                guest(group, function));
    }

    private static String guest(DevicesReport.Group group, DevicesReport.Function function) {
        if (function.blocks()) {
            return "blocked by this driver";
        }
        if (!group.viable()) {
            return "not yet, see below";
        }
        return function.passed() ? "gets it" : "does not get it";
    }

    /** The subclasses that one meets beside a GPU (PCI Code and ID Assignment Specification); else the code itself. */
    private static String className(String code) {
        return switch (code.substring(0, 4)) {
            case "0108" -> "NVM Express";
            case "0200" -> "Ethernet";
            case "0300" -> "VGA";
            case "0302" -> "3D";
            case "0380" -> "display";
            case "0403" -> "audio";
            case "0b40" -> "co-processor";
            case "0c03" -> "USB";
            case "0c80" -> "serial bus";
            case "1200" -> "accelerator";
            default -> code;
        };
    }
}
