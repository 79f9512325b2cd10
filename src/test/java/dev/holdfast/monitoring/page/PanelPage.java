package dev.holdfast.monitoring.page;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/** A page of HTML with the panels of the dashboard at their places, each with its series. Pure. */
public final class PanelPage {
    /** Pixels of a cell of the grid, which has 24 columns. */
    private static final int COLUMN = 50;

    private static final int ROW = 32;
    private static final int GAP = 6;
    private static final int TITLE = 34;
    private static final int LEFT = 62;
    private static final int LEGEND = 15;
    private static final int MOST_LEGENDS = 6;
    private static final List<String> COLOURS =
            List.of("#3274d9", "#d9822b", "#299c46", "#c4162a", "#8f3bb8", "#0f8a8a", "#b58900", "#6c757d");

    private PanelPage() {}

    /** A value at a time, in seconds. */
    public record Point(double time, double value) {}

    /**
     * A line of a chart.
     *
     * @param unit   that of the panel, or one of its own
     * @param points in the order of their times, at least one
     */
    public record Series(String legend, String unit, List<Point> points) {
        double last() {
            return points.getLast().value();
        }
    }

    /**
     * A panel.
     *
     * @param type row, stat or timeseries
     */
    public record Panel(
            String title, String type, String unit, int x, int y, int width, int height, List<Series> series) {}

    /** Returns the page. */
    public static String of(List<Panel> panels) {
        int bottom = panels.stream()
                .mapToInt(panel -> panel.y() + panel.height())
                .max()
                .orElse(0);
        return """
                <!doctype html><meta charset="utf-8"><title>Holdfast</title><style>body {margin: 0}</style>
                <svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="DejaVu Sans, sans-serif" font-size="11">
                <rect width="100%%" height="100%%" fill="#f4f5f5"/>
                %s</svg>
                """.formatted(
                        24 * COLUMN + GAP,
                        bottom * ROW + GAP,
                        panels.stream().map(PanelPage::panel).collect(Collectors.joining()));
    }

    private static String panel(Panel panel) {
        int width = panel.width() * COLUMN - GAP;
        int height = panel.height() * ROW - GAP;
        boolean row = panel.type().equals("row");
        String frame =
                row ? "" : "<rect width='%d' height='%d' fill='#fff' stroke='#dcdee0'/>".formatted(width, height);
        String title = "<text x='8' y='17' font-weight='bold'>%s</text>".formatted(escaped(panel.title()));
        String content =
                row ? "" : panel.type().equals("stat") ? stat(panel, width, height) : chart(panel, width, height);
        return "<svg x='%d' y='%d' width='%d' height='%d'>%s%s%s</svg>%n"
                .formatted(panel.x() * COLUMN + GAP, panel.y() * ROW + GAP, width, height, frame, title, content);
    }

    private static String stat(Panel panel, int width, int height) {
        List<Series> series = panel.series();
        int size = Math.max(1, series.size());
        return IntStream.range(0, series.size())
                .mapToObj(i -> "<text x='%d' y='%d' text-anchor='middle' font-size='20'>%s</text>"
                                .formatted(
                                        width * (2 * i + 1) / (2 * size),
                                        height / 2 + 14,
                                        escaped(Units.text(
                                                series.get(i).unit(),
                                                series.get(i).last())))
                        + "<text x='%d' y='%d' text-anchor='middle' fill='#6c757d' font-size='9'>%s</text>"
                                .formatted(
                                        width * (2 * i + 1) / (2 * size),
                                        height - 10 - (i % 2) * 10,
                                        escaped(series.get(i).legend())))
                .collect(Collectors.joining());
    }

    private static String chart(Panel panel, int width, int height) {
        List<Series> shown = panel.series().stream()
                .sorted(Comparator.comparingDouble(Series::last).reversed())
                .toList();
        int legends = Math.min(shown.size(), MOST_LEGENDS);
        int bottom = height - 8 - legends * LEGEND;
        double highest = Units.roundedUp(panel.unit(), values(shown).max().orElse(0));
        double lowest = Math.min(0, values(shown).min().orElse(0));
        double from = times(shown).min().orElse(0);
        double to = Math.max(times(shown).max().orElse(1), from + 1);
        StringBuilder chart = new StringBuilder();
        for (int line = 0; line <= 2; line++) {
            double value = lowest + (highest - lowest) * line / 2;
            int y = bottom - (bottom - TITLE) * line / 2;
            chart.append(
                    "<path d='M%d %dH%d' stroke='#e9ebec'/><text x='%d' y='%d' text-anchor='end' fill='#6c757d'>%s</text>"
                            .formatted(LEFT, y, width - 8, LEFT - 5, y + 4, escaped(Units.text(panel.unit(), value))));
        }
        for (int i = 0; i < shown.size(); i++) {
            String colour = COLOURS.get(i % COLOURS.size());
            String path = shown.get(i).points().stream()
                    .filter(point -> Double.isFinite(point.value()))
                    .map(point -> String.format(
                            Locale.ROOT,
                            "%.1f %.1f",
                            LEFT + (width - 8 - LEFT) * (point.time() - from) / (to - from),
                            bottom - (bottom - TITLE) * (point.value() - lowest) / (highest - lowest)))
                    .collect(Collectors.joining("L"));
            if (!path.isEmpty()) {
                chart.append("<path class='series' d='M%s' fill='none' stroke='%s' stroke-width='1.5'/>"
                        .formatted(path, colour));
            }
            if (i < legends) {
                chart.append("<text x='%d' y='%d'><tspan fill='%s'>&#9632;</tspan> %s: %s</text>"
                        .formatted(
                                LEFT,
                                bottom + 4 + (i + 1) * LEGEND,
                                colour,
                                escaped(shown.get(i).legend()),
                                escaped(Units.text(
                                        shown.get(i).unit(), shown.get(i).last()))));
            }
        }
        return chart.toString();
    }

    private static DoubleStream values(List<Series> series) {
        return series.stream()
                .flatMap(one -> one.points().stream())
                .mapToDouble(Point::value)
                .filter(Double::isFinite);
    }

    private static DoubleStream times(List<Series> series) {
        return series.stream().flatMap(one -> one.points().stream()).mapToDouble(Point::time);
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
