package dev.holdfast.docs;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/** Files of the working copy, without what is built and what belongs to tools. */
public final class Checkout {
    private static final Set<String> NOT_OURS = Set.of("target", ".git", ".idea", ".vscode");

    private Checkout() {}

    static List<MarkdownPage> pages() throws IOException {
        List<MarkdownPage> pages = new ArrayList<>();
        for (Path file : files(Path.of(""), name -> name.endsWith(".md"))) {
            pages.add(MarkdownPage.read(file));
        }
        return pages;
    }

    /** Pages for users and developers, whose commands are copied: not the README files of the tests' scripts. */
    public static List<MarkdownPage> guides() throws IOException {
        return pages().stream().filter(page -> !page.file().startsWith("src")).toList();
    }

    /** Returns files below a folder, in the order of their paths. */
    static List<Path> files(Path root, Predicate<String> name) throws IOException {
        List<Path> found = new ArrayList<>();
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
                return folder.getFileName() != null
                                && NOT_OURS.contains(folder.getFileName().toString())
                        ? FileVisitResult.SKIP_SUBTREE
                        : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                if (name.test(file.getFileName().toString())) {
                    found.add(file.normalize());
                }
                return FileVisitResult.CONTINUE;
            }
        });
        found.sort(null);
        return found;
    }
}
