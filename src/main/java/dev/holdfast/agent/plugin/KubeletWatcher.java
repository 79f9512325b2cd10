package dev.holdfast.agent.plugin;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells when the kubelet comes or goes: it makes its sockets anew when it starts, and empties its directory of device
 * plugins. Used by one thread.
 */
public final class KubeletWatcher implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(KubeletWatcher.class);

    private final Map<Path, Runnable> told = new TreeMap<>();
    private final Map<Path, DirectoryWatcher> watches = new TreeMap<>();

    /**
     * Watches nothing before {@link #ensure}.
     *
     * @param devicePlugins     the kubelet's directory of device plugins
     * @param podResources      the kubelet's socket of pod resources
     * @param devicePluginsTold called when something in that directory has come or gone
     * @param podResourcesTold  called when something beside that socket has; both on threads of the watches
     */
    public KubeletWatcher(
            Path devicePlugins, Path podResources, Runnable devicePluginsTold, Runnable podResourcesTold) {
        told.put(devicePlugins, devicePluginsTold);
        told.put(podResources.toAbsolutePath().getParent(), podResourcesTold);
    }

    /** Watches again what was not there, or has been replaced; cheap when all is watched. */
    public void ensure() {
        told.forEach((directory, changed) -> {
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
                    .addKeyValue("cause", e.toString())
                    .log("cannot watch a directory of the kubelet's; it is looked at in every round instead");
        }
    }
}
