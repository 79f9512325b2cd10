package dev.holdfast.schema;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** Search for the known name that a misspelt name most likely stands for. */
final class NearestName {
    /** Maximum length of a compared name: the comparison takes quadratic time, and users choose the name. */
    private static final int MAX_LENGTH = 64;

    private record Candidate(String name, int distance) {}

    private NearestName() {}

    /** Returns the name with the fewest inserted, deleted, replaced or swapped characters; at most one in three. */
    static Optional<String> of(String name, Collection<String> known) {
        if (name.length() > MAX_LENGTH) {
            return Optional.empty();
        }
        String wanted = name.toLowerCase(Locale.ROOT);
        int most = Math.max(1, (name.length() + 1) / 3);
        return known.stream()
                .map(one -> new Candidate(one, distance(wanted, one.toLowerCase(Locale.ROOT))))
                .filter(one -> one.distance <= most)
                .min(Comparator.comparingInt(Candidate::distance).thenComparing(Candidate::name))
                .map(Candidate::name);
    }

    /** Returns the optimal string alignment distance. */
    private static int distance(String a, String b) {
        int[][] rows = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                rows[i][j] = i == 0 || j == 0 ? i + j : step(rows, a, b, i, j);
            }
        }
        return rows[a.length()][b.length()];
    }

    private static int step(int[][] rows, String a, String b, int i, int j) {
        int replaced = rows[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        int best = Math.min(replaced, Math.min(rows[i - 1][j], rows[i][j - 1]) + 1);
        boolean swapped = i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1);
        return swapped ? Math.min(best, rows[i - 2][j - 2] + 1) : best;
    }
}
