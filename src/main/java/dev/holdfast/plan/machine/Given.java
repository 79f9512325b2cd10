package dev.holdfast.plan.machine;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Reads optional parts of JSON records without a null check at each step. */
public final class Given {
    private Given() {}

    public static <T> Optional<T> of(@Nullable T value) {
        return Optional.ofNullable(value);
    }

    public static <A, B> Optional<B> of(@Nullable A value, Function<A, @Nullable B> part) {
        return of(value).map(part);
    }

    public static <A, B, C> Optional<C> of(
            @Nullable A value, Function<A, @Nullable B> part, Function<B, @Nullable C> partOfPart) {
        return of(value, part).map(partOfPart);
    }

    /** Returns the elements of a list that may be absent. */
    public static <T> List<T> list(Optional<List<T>> value) {
        return value.orElseGet(List::of);
    }

    public static <T> List<T> list(@Nullable List<T> value) {
        return list(of(value));
    }

    /** Returns whether a flag is present and true. */
    public static boolean isTrue(Optional<Boolean> flag) {
        return flag.orElse(false);
    }
}
