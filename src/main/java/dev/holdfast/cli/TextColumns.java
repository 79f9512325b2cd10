package dev.holdfast.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Formats cells in columns, two spaces apart, each as wide as its widest cell. */
final class TextColumns {
    private static final String GAP = "  ";
    private static final int MIN_WIDTH = 16;

    private final List<String> header;
    private final List<List<String>> rows = new ArrayList<>();

    TextColumns(List<String> header) {
        this.header = header;
        rows.add(header);
    }

    void add(List<String> row) {
        rows.add(row);
    }

    /** Returns the number of rows without the header. */
    int rows() {
        return rows.size() - 1;
    }

    /**
     * Returns the lines of the header and the rows.
     *
     * @param width   maximum width of the lines
     * @param elastic the column that is cut to reach it, or omitted if too little of it would remain; null for none
     */
    List<String> lines(int width, @Nullable String elastic) {
        int[] widths = IntStream.range(0, header.size())
                .map(column -> rows.stream()
                        .mapToInt(row -> row.get(column).length())
                        .max()
                        .orElse(0))
                .toArray();
        int column = elastic == null ? -1 : header.indexOf(elastic);
        if (column >= 0) {
            int taken = IntStream.of(widths).sum() + GAP.length() * (widths.length - 1);
            int available = widths[column] - Math.max(0, taken - width);
            widths[column] = available < Math.min(MIN_WIDTH, widths[column]) ? 0 : available;
        }
        return rows.stream().map(row -> line(row, widths)).toList();
    }

    private static String line(List<String> row, int[] widths) {
        StringBuilder line = new StringBuilder();
        for (int column = 0; column < widths.length; column++) {
            if (widths[column] == 0) {
                continue;
            }
            String cell = cut(row.get(column), widths[column]);
            line.append(cell).repeat(' ', widths[column] - cell.length()).append(GAP);
        }
        return line.toString().stripTrailing();
    }

    private static String cut(String cell, int width) {
        return cell.length() <= width ? cell : cell.substring(0, width - 1) + "~";
    }
}
