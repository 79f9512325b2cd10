package dev.holdfast.testbed.node;

import dev.holdfast.testbed.Build;
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

/** Boots the node with the first test that wants it, and ends it with the run. */
public final class RealNodeExtension implements ParameterResolver, AfterEachCallback, TestWatcher {
    private static final Logger log = LoggerFactory.getLogger(RealNodeExtension.class);
    private static final Namespace STORE = Namespace.create(RealNodeExtension.class);
    private static final Path WORK = Path.of("target/real-node/run").toAbsolutePath();

    /** The only attempt of a run: the store forgets a supplier that threw, and would boot again for each test. */
    private record Attempt(
            @Nullable RealNode node, @Nullable Throwable failure) implements AutoCloseable {
        static Attempt make() {
            try {
                Build build = Build.here();
                return new Attempt(RealNode.start(build, WORK, RealNode.Setup.usual(build)), null);
            } catch (RuntimeException | Error e) {
                return new Attempt(null, e);
            }
        }

        RealNode nodeOrThrow() {
            if (node == null) {
                throw new IllegalStateException("the real node did not come up", failure);
            }
            return node;
        }

        @Override
        public void close() {
            if (node != null) {
                node.close();
            }
        }
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == RealNode.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return Objects.requireNonNull(context.getRoot()
                        .getStore(STORE)
                        .computeIfAbsent(Attempt.class, key -> Attempt.make(), Attempt.class))
                .nodeOrThrow();
    }

    @Override
    public void afterEach(ExtensionContext context) {
        Attempt attempt = context.getRoot().getStore(STORE).get(Attempt.class, Attempt.class);
        if (attempt != null && attempt.node() != null) {
            attempt.node().clean();
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
