package dev.holdfast.agent.plugin;

import dev.holdfast.text.LogKeys;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reports starts and stops of the kubelet: it creates its sockets at its start, and empties its directory of device
 * plugins. Not thread-safe.
 */
public final class KubeletWatcher implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(KubeletWatcher.class);

    private final Map<Path, Runnable> callbacks = new TreeMap<>();
    private final Map<Path, DirectoryWatcher> watches = new TreeMap<>();

    /**
     * Creates the watcher; nothing is watched before {@link #ensure}.
     *
     * @param devicePlugins        directory of the kubelet for device plugins
     * @param podResources         socket of the kubelet for pod resources
     * @param devicePluginsChanged called when a file in that directory was created or deleted, on a thread of the
     *                             watcher
     * @param podResourcesChanged  called when a file beside that socket was created or deleted, on a thread of the
     *                             watcher
     */
    public KubeletWatcher(
            Path devicePlugins, Path podResources, Runnable devicePluginsChanged, Runnable podResourcesChanged) {
        this(Map.of(
                devicePlugins,
                devicePluginsChanged,
                podResources.toAbsolutePath().getParent(),
                podResourcesChanged));
    }

    /**
     * Creates the watcher of any directories; nothing is watched before {@link #ensure}.
     *
     * @param callbacks called when a file in their directory was created or deleted, on a thread of the watcher
     */
    public KubeletWatcher(Map<Path, Runnable> callbacks) {
        this.callbacks.putAll(callbacks);
    }

    /** Watches directories that did not exist before, or have been replaced; cheap when all are watched. */
    public void ensure() {
        callbacks.forEach((directory, changed) -> {
            DirectoryWatcher watch = watches.get(directory);
            if (watch == null || !watch.watching()) {
                watch(directory, changed);
            }
        });
    }

    @Override
    public void close() {
        watches.values().forEach(DirectoryWatcher::close);
        watches.clear();
    }

    private void watch(Path directory, Runnable changed) {
        try {
            DirectoryWatcher former = watches.put(directory, DirectoryWatcher.on(directory, changed));
            if (former != null) {
                former.close();
            }
        } catch (IOException e) {
            log.atWarn()
                    .addKeyValue("directory", directory)
                    .addKeyValue(LogKeys.ERROR, e.toString())
                    .log("cannot watch a directory of the kubelet; it is checked in every round instead");
        }
    }
}
