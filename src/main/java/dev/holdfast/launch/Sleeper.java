package dev.holdfast.launch;

/** A short rest between two questions. */
@FunctionalInterface
public interface Sleeper {
    void pause();
}
