package dev.holdfast.app;

import java.util.Objects;
import picocli.CommandLine.IVersionProvider;

/** The version of this jar, from its manifest; classes run from a folder call themselves a development build. */
public final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
        return new String[] {"holdfast " + current()};
    }

    static String current() {
        return Objects.requireNonNullElse(Version.class.getPackage().getImplementationVersion(), "development build");
    }
}
