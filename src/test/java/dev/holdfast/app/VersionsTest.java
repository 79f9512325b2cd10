package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testbed.Product;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Checks that only {@code pom.xml} sets the version, and that applied files have the version of each image. */
class VersionsTest {
    private static final Pattern HOLDFAST_IMAGE = Pattern.compile("ghcr\\.io/holdfast-dev/[a-z-]+[:@]?[\\w.:-]*");
    private static final Pattern IMAGE = Pattern.compile(
            "(?m)^\\s*(?:- |\\{)?image: *\"?([^\\s\"{},]+)|containerDisk: *\\{image: *\"?([^\\s\"{},]+)");

    @Test
    void everyImageNameOfHoldfastHasTheVersion() throws IOException {
        for (Path file : files("deploy", "overlays", "examples", "docs", "README.md")) {
            assertThat(names(file))
                    .as(file.toString())
                    .filteredOn(name -> name.contains(":"))
                    .allSatisfy(name -> assertThat(name).endsWith(":" + Product.VERSION));
        }
    }

    /** The kubelet pulls the tag {@code latest}, and an image without a tag, at each start. */
    @Test
    void noImageHasTheTagLatest() throws IOException {
        List<String> images = Stream.concat(files("deploy").stream(), files("overlays", "examples").stream())
                .flatMap(file -> IMAGE.matcher(read(file)).results())
                .map(found -> found.group(1) == null ? found.group(2) : found.group(1))
                .toList();

        assertThat(images)
                .contains(Product.OPERATOR_IMAGE, Product.LAUNCHER_IMAGE, Product.DEMO_GUEST_IMAGE)
                .allSatisfy(image -> assertThat(image.substring(image.lastIndexOf('/') + 1))
                        .contains(":")
                        .doesNotEndWith(":latest"));
    }

    private static List<String> names(Path file) {
        return HOLDFAST_IMAGE
                .matcher(read(file))
                .results()
                .map(MatchResult::group)
                .map(name -> name.replaceAll("[.:-]+$", ""))
                .toList();
    }

    private static List<Path> files(String... roots) throws IOException {
        List<Path> files = new ArrayList<>();
        for (String root : roots) {
            try (Stream<Path> found = Files.walk(Path.of(root))) {
                found.filter(file -> file.toString().matches(".*\\.(yaml|md|tpl)"))
                        .forEach(files::add);
            }
        }
        return files;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
