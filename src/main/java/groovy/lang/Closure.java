package groovy.lang;

/**
 * Empty, and never extended. picocli looks for Groovy's class of this name at each start, and a search for a class that does not exist
 * opens every jar of the class path. This one is found in the AOT cache.
 */
public final class Closure {
    private Closure() {}
}
