package dev.holdfast.testbed;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Lets one process at a time make what all of them use: test classes run in several JVMs at once. */
final class BuildLock {
    private BuildLock() {}

    /** Work under the lock; does nothing if the result already exists. */
    interface Making {
        void run() throws IOException, InterruptedException;
    }

    /** Waits until no other process makes anything of this build, then makes it. */
    static void whileHolding(Build build, Making making) throws IOException, InterruptedException {
        Path file = build.root().resolve("target/making.lock");
        Files.createDirectories(file.getParent());
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock held = channel.lock()) {
            making.run();
        }
    }
}
