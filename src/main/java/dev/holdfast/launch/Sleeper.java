package dev.holdfast.launch;

/** Pauses between two requests. */
@FunctionalInterface
public interface Sleeper {
    void pause();
}
