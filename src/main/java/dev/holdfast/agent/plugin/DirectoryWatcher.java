package dev.holdfast.agent.plugin;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells when something appeared in or vanished from a directory, without saying what: whoever is told looks. */
final class DirectoryWatcher implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(DirectoryWatcher.class);

    private final WatchService service;
    private volatile boolean watching = true;

    private DirectoryWatcher(WatchService service) {
        this.service = service;
    }

    /**
     * Watches until closed, or until the directory itself goes.
     *
     * @param changed called on the watching thread after each change or several of them, the last one included
     * @throws IOException when the directory is not there or the kernel has no inotify instance left
     */
    static DirectoryWatcher on(Path directory, Runnable changed) throws IOException {
        WatchService service = directory.getFileSystem().newWatchService();
        try {
            directory.register(service, StandardWatchEventKinds.ENTRY_CREATE, StandardWatchEventKinds.ENTRY_DELETE);
        } catch (IOException e) {
            service.close();
            throw e;
        }
        DirectoryWatcher watch = new DirectoryWatcher(service);
        Thread.ofPlatform().daemon().name("watch-" + directory.getFileName()).start(() -> watch.run(changed));
        return watch;
    }

    /** False once the directory has gone; what has its name then is another. */
    boolean watching() {
        return watching;
    }

    @Override
    public void close() {
        watching = false;
        try {
            service.close();
        } catch (IOException e) {
            log.atDebug().setCause(e).log("cannot close a watch");
        }
    }

    private void run(Runnable changed) {
        try {
            while (watching) {
                WatchKey key = service.take();
                key.pollEvents();
                watching = watching && key.reset();
                changed.run();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ClosedWatchServiceException e) {
            // Closed by us: the end.
        }
    }
}
