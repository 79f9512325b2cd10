package dev.holdfast.bench;

import java.util.List;

/** One thing that has a budget, and how it is measured. */
interface Bench {
    /** Name of the benchmark. */
    String name();

    /** Takes seconds to a minute. */
    List<Figure> measure() throws Exception;
}
