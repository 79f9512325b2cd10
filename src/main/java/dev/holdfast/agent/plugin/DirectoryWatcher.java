package dev.holdfast.agent.plugin;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reports that files were created in or deleted from a directory, without their names: the receiver has to look. */
final class DirectoryWatcher implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(DirectoryWatcher.class);

    private final WatchService service;
    private volatile boolean watching = true;

    private DirectoryWatcher(WatchService service) {
        this.service = service;
    }

    /**
     * Watches until closed, or until the directory itself is deleted.
     *
     * @param changed called on the watching thread after one or several changes; the last change is always reported
     * @throws IOException when the directory does not exist or the kernel has no inotify instance left
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

    /** Returns false once the directory is deleted; a directory of the same name is then another one. */
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
            // closed by close()
        }
    }
}
