package dev.holdfast.monitoring.query;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Finds the metrics that a query selects, with the labels that it compares. Not a parser: it knows the queries shipped here. */
public final class QueryMetrics {
    private static final Pattern TEXT = Pattern.compile("\"(?:[^\"\\\\]|\\\\.)*\"");
    private static final Pattern GROUPING =
            Pattern.compile("\\b(?:by|without|on|ignoring|group_left|group_right)\\s*\\([^)]*\\)");
    private static final Pattern SELECTOR =
            Pattern.compile("([a-zA-Z_:][\\w:]*)\\s*(?:\\{([^}]*)})?(?!\\s*\\()(?![\\w:])");
    private static final Pattern LABEL = Pattern.compile("(\\w+)\\s*(?:=~|!~|!=|=)");
    private static final Pattern DURATION = Pattern.compile("\\[[^]]*]|\\boffset\\s+\\w+|(?<![\\w:])\\d[\\w.]*");
    private static final Set<String> OPERATORS = Set.of("and", "or", "unless", "bool", "offset");

    private static final Pattern RATED = Pattern.compile("\\b(?:increase|rate|irate)\\(\\s*([a-zA-Z_:][\\w:]*)");

    private static final Pattern WITH_LABELS = Pattern.compile("[a-zA-Z_:][\\w:]*\\{[^}]+}");

    private QueryMetrics() {}

    /** Returns the selectors that compare labels, as they are in a query. */
    public static Set<String> selectors(String query) {
        return WITH_LABELS
                .matcher(query)
                .results()
                .map(MatchResult::group)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Returns the counters whose growth a query computes. */
    public static Set<String> rated(String query) {
        return RATED.matcher(query)
                .results()
                .map(rated -> rated.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Returns the labels that a query compares, by the name of the metric. */
    public static Map<String, Set<String>> of(String query) {
        String selectors = DURATION.matcher(
                        GROUPING.matcher(TEXT.matcher(query).replaceAll("")).replaceAll(""))
                .replaceAll("");
        Map<String, Set<String>> found = new TreeMap<>();
        Matcher selector = SELECTOR.matcher(selectors);
        while (selector.find()) {
            if (!OPERATORS.contains(selector.group(1))) {
                Set<String> labels = found.computeIfAbsent(selector.group(1), name -> new TreeSet<>());
                if (selector.group(2) != null) {
                    LABEL.matcher(selector.group(2)).results().forEach(label -> labels.add(label.group(1)));
                }
            }
        }
        return found;
    }
}
