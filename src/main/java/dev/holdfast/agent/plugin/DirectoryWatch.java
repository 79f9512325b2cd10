package dev.holdfast.agent.plugin;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;

/** Tells when something appeared in or vanished from a directory, without saying what: whoever is told looks. */
public final class DirectoryWatch implements AutoCloseable {
    private final WatchService service;

    private DirectoryWatch(WatchService service) {
        this.service = service;
    }

    /**
     * Watches until closed.
     *
     * @param changed called on the watching thread after each change or several of them
     * @throws IOException when the directory is not there or the kernel has no inotify instance left; the slow check
     *     then has to do
     */
    public static DirectoryWatch on(Path directory, Runnable changed) throws IOException {
        WatchService service = directory.getFileSystem().newWatchService();
        try {
            directory.register(service, StandardWatchEventKinds.ENTRY_CREATE, StandardWatchEventKinds.ENTRY_DELETE);
        } catch (IOException e) {
            service.close();
            throw e;
        }
        DirectoryWatch watch = new DirectoryWatch(service);
        Thread.ofPlatform().daemon().name("watch-" + directory.getFileName()).start(() -> watch.run(changed));
        return watch;
    }

    @Override
    public void close() throws IOException {
        service.close();
    }

    private void run(Runnable changed) {
        try {
            boolean there = true;
            while (there) {
                WatchKey key = service.take();
                key.pollEvents();
                there = key.reset();
                changed.run();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ClosedWatchServiceException e) {
            // Closed by us: the end.
        }
    }
}
