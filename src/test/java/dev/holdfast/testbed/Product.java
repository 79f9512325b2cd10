package dev.holdfast.testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The version, which {@code pom.xml} alone sets, and the names of what is released under it. */
public final class Product {
    private static final Pattern PROJECT_VERSION = Pattern.compile("(?m)^ {2}<version>(.+)</version>$");
    private static final String REGISTRY = "ghcr.io/holdfast-dev/";

    /** Version in {@code pom.xml}. */
    public static final String VERSION = version(Path.of("pom.xml"));

    /** Operator and agent. */
    public static final String OPERATOR_IMAGE = image("holdfast-operator");

    /** VM pods. */
    public static final String LAUNCHER_IMAGE = image("holdfast-launcher");

    /** A kernel and an initrd, for {@code examples/gpu-vm.yaml}. */
    public static final String DEMO_GUEST_IMAGE = image("demo-guest");

    private Product() {}

    /** The name under which a release has it. */
    static String image(String name) {
        return REGISTRY + name + ":" + VERSION;
    }

    private static String version(Path pom) {
        try {
            Matcher version = PROJECT_VERSION.matcher(Files.readString(pom));
            if (!version.find()) {
                throw new IllegalStateException("no version of the project found in " + pom.toAbsolutePath());
            }
            return version.group(1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
