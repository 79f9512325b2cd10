package dev.holdfast.truth;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** A Markdown table that can be read as it is, too. Columns whose cells are all numbers are set to the right. */
final class Markdown {
    private final List<List<String>> rows;
    private final int[] widths;

    private Markdown(List<String> head, List<List<String>> body) {
        rows = Stream.concat(Stream.of(head), body.stream()).toList();
        widths = IntStream.range(0, head.size())
                .map(column -> rows.stream()
                        .mapToInt(row -> row.get(column).length())
                        .max()
                        .orElse(0))
                .toArray();
    }

    static String table(List<String> head, List<List<String>> body) {
        Markdown markdown = new Markdown(head, body);
        return Stream.concat(
                        Stream.of(markdown.line(head), markdown.rule()),
                        body.stream().map(markdown::line))
                .collect(Collectors.joining("\n", "", "\n"));
    }

    private String rule() {
        return join(column -> isNumber(column) ? "-".repeat(widths[column] - 1) + ":" : "-".repeat(widths[column]));
    }

    private String line(List<String> row) {
        return join(column -> {
            String space = " ".repeat(widths[column] - row.get(column).length());
            return isNumber(column) ? space + row.get(column) : row.get(column) + space;
        });
    }

    private String join(java.util.function.IntFunction<String> cell) {
        return IntStream.range(0, widths.length).mapToObj(cell).collect(Collectors.joining(" | ", "| ", " |"));
    }

    private boolean isNumber(int column) {
        return rows.stream().skip(1).allMatch(row -> row.get(column).matches("[0-9.]+"));
    }
}
