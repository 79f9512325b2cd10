package dev.holdfast.realnode;

import dev.holdfast.stage.Build;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestWatcher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Boots the node with the first test that wants it, and ends it with the run. */
public final class RealNodeExtension implements ParameterResolver, AfterAllCallback, TestWatcher {
    private static final Logger log = LoggerFactory.getLogger(RealNodeExtension.class);
    private static final Namespace STORE = Namespace.create(RealNodeExtension.class);
    private static final Path WORK = Path.of("target/real-node/run").toAbsolutePath();

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == RealNode.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return Objects.requireNonNull(context.getRoot()
                .getStore(STORE)
                .computeIfAbsent(
                        RealNode.class,
                        key -> {
                            Build build = Build.here();
                            return RealNode.start(build, WORK, RealNode.Setup.usual(build));
                        },
                        RealNode.class));
    }

    @Override
    public void afterAll(ExtensionContext context) {
        RealNode node = context.getRoot().getStore(STORE).get(RealNode.class, RealNode.class);
        if (node != null) {
            node.clean();
        }
    }

    @Override
    public void testFailed(ExtensionContext context, @Nullable Throwable cause) {
        log.atError()
                .addKeyValue("test", context.getDisplayName())
                .addKeyValue("logs", WORK)
                .log("Failed; the logs of the control plane, the kubelet and containerd are kept");
    }
}
