package dev.holdfast.testbed.cluster;

import dev.holdfast.testbed.Build;
import dev.holdfast.testbed.Folders;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestWatcher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Starts the cluster with the first test that wants it, and ends it with the run. */
public final class RealClusterExtension implements ParameterResolver, AfterEachCallback, TestWatcher {
    private static final Logger log = LoggerFactory.getLogger(RealClusterExtension.class);
    private static final Namespace STORE = Namespace.create(RealClusterExtension.class);
    private static final Path WORK = Path.of("target/cluster").toAbsolutePath();

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        return type == RealCluster.class || type == TestNamespace.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        RealCluster cluster = cluster(context);
        if (parameter.getParameter().getType() == RealCluster.class) {
            return cluster;
        }
        return context.getStore(STORE)
                .computeIfAbsent(TestNamespace.class, key -> new TestNamespace(cluster.newNamespace()));
    }

    private static RealCluster cluster(ExtensionContext context) {
        return Objects.requireNonNull(context.getRoot()
                .getStore(STORE)
                .computeIfAbsent(
                        RealCluster.class,
                        key -> {
                            Folders.empty(WORK);
                            return RealCluster.start(Build.here(), WORK);
                        },
                        RealCluster.class));
    }

    @Override
    public void afterEach(ExtensionContext context) {
        TestNamespace namespace = context.getStore(STORE).get(TestNamespace.class, TestNamespace.class);
        if (namespace != null) {
            cluster(context).remove(namespace);
        }
    }

    @Override
    public void testFailed(ExtensionContext context, @Nullable Throwable cause) {
        log.atError()
                .addKeyValue("test", context.getDisplayName())
                .addKeyValue("logs", WORK)
                .log("Failed; the logs of the control plane and of the operators are kept");
    }
}
