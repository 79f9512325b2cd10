package dev.holdfast;

/** Number of generated cases that a test runs: some in every build, all of them by {@code make fuzz}. */
public final class CaseCount {
    private static final boolean ALL = "all".equals(System.getProperty("holdfast.cases"));

    private CaseCount() {}

    /**
     * The number of cases of this run.
     *
     * @param inEveryBuild the first ones of those of {@code make fuzz}
     * @param inFuzz       at least as many
     */
    public static int of(int inEveryBuild, int inFuzz) {
        return ALL ? inFuzz : inEveryBuild;
    }
}
