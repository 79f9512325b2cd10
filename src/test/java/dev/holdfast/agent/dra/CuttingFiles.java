package dev.holdfast.agent.dra;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** Files of an agent that is killed, or whose disk is full, at one of its changes. */
final class CuttingFiles implements StateFiles {
    private final int last;
    private final boolean kill;
    private int count;
    private boolean cut;

    /** End of the process: no handler of a failure runs after it. */
    static final class Killed extends Error {
        private static final long serialVersionUID = 1;
    }

    /**
     * Ready.
     *
     * @param last number of changes that succeed
     * @param kill whether the process ends there; else this one change fails, half done if it is a write
     */
    CuttingFiles(int last, boolean kill) {
        this.last = last;
        this.kill = kill;
    }

    /** Whether the change was reached at which it ends. */
    boolean cut() {
        return cut;
    }

    private boolean next() throws IOException {
        return count++ == last;
    }

    private void end() throws IOException {
        cut = true;
        if (kill) {
            throw new Killed();
        }
        throw new IOException("No space left on device");
    }

    @Override
    public void createDirectories(Path directory) throws IOException {
        if (next()) {
            end();
        }
        StateFiles.super.createDirectories(directory);
    }

    @Override
    public void write(Path file, byte[] content) throws IOException {
        if (next()) {
            Files.write(file, Arrays.copyOf(content, content.length / 2));
            end();
        }
        StateFiles.super.write(file, content);
    }

    @Override
    public void move(Path from, Path to) throws IOException {
        if (next()) {
            end();
        }
        StateFiles.super.move(from, to);
    }

    @Override
    public void delete(Path file) throws IOException {
        if (next()) {
            end();
        }
        StateFiles.super.delete(file);
    }
}
