package dev.holdfast.testbed;

import dev.holdfast.api.vm.PassthroughVM;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.LauncherSessionListener;

/**
 * The stage that the test classes of a JVM have one after the other, since a boot of the node takes a minute. Each class
 * finds it without VMs and pods; a class that changes the agent or the node has a stage of its own.
 */
public final class SharedStage implements LauncherSessionListener {
    private static final String NAMESPACE = "default";

    private static @Nullable Stage stage;

    /** The stage, started for the first class that requests it, in its work folder; each class finds its own one empty. */
    public static Stage at(Build build, Path work) {
        Stage shared = stage;
        if (shared == null || !isAlive(shared)) {
            shared = Stage.set(build, work, EmbeddedCluster::start);
            stage = shared;
            return shared;
        }
        Folders.empty(work);
        clear(shared);
        if (!shared.operator().isAlive()) {
            shared.restartOperator();
        }
        return shared;
    }

    private static boolean isAlive(Stage shared) {
        try {
            shared.checkAlive();
            return true;
        } catch (IllegalStateException aProcessHasEnded) {
            return false;
        }
    }

    private static void clear(Stage shared) {
        var vms = shared.api().admin().resources(PassthroughVM.class).inNamespace(NAMESPACE);
        vms.list()
                .getItems()
                .forEach(vm -> vms.withName(vm.getMetadata().getName()).edit(held -> {
                    held.getMetadata().setFinalizers(List.of());
                    return held;
                }));
        vms.delete();
        var pods = shared.api().admin().pods().inNamespace(NAMESPACE);
        pods.withGracePeriod(1).delete();
        shared.await("the former class has left nothing")
                .until(() -> vms.list().getItems().isEmpty()
                        && pods.list().getItems().isEmpty());
    }

    /** Ends it, if there is one. */
    static void end() {
        Stage shared = stage;
        stage = null;
        if (shared != null) {
            shared.end();
        }
    }

    /** Returns whether a stage is the shared one, which a later class may use. */
    static boolean is(Stage any) {
        return any == stage;
    }

    @Override
    public void launcherSessionClosed(LauncherSession session) {
        end();
    }
}
