package dev.holdfast.app;

import java.util.Objects;
import picocli.CommandLine.IVersionProvider;

/** The version of this jar, from its manifest; "development build" for classes in a folder. */
public final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
        return new String[] {"holdfast " + current()};
    }

    static String current() {
        return Objects.requireNonNullElse(Version.class.getPackage().getImplementationVersion(), "development build");
    }
}
