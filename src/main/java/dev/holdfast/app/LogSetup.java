package dev.holdfast.app;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.spi.ContextAwareBase;
import java.util.Objects;
import org.slf4j.Logger;

/**
 * Configures the log's destination and levels. Logback finds it by META-INF/services. It is code instead of an XML file because
 * an XML parser and logback's reader of it are hundreds of classes, a sixth of a launcher's start time, and take memory of the
 * agent.
 */
public final class LogSetup extends ContextAwareBase implements Configurator {
    private static final String PATTERN = "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX,UTC} %-5level %logger{0} - %msg %kvp%n%ex";

    @Override
    public ExecutionStatus configure(LoggerContext context) {
        setLevel(context, "io.grpc.netty", Level.WARN);
        setLevel(context, "io.netty", Level.WARN);
        // gRPC sets SO_KEEPALIVE on each channel; a unix socket does not have it, which Netty logs each time.
        setLevel(context, "io.netty.bootstrap", Level.ERROR);
        // Warns once per kind that v1alpha1 is unstable, which is known.
        setLevel(context, "io.fabric8.kubernetes.client.dsl.internal.VersionUsageUtils", Level.ERROR);
        // Logs a stack trace at each attempt; OperatorLease logs the fault once, in one line.
        setLevel(context, "io.fabric8.kubernetes.client.extended.leaderelection.LeaderElector", Level.ERROR);

        var root = context.getLogger(Logger.ROOT_LOGGER_NAME);
        root.setLevel(
                Level.toLevel(Objects.requireNonNullElse(System.getenv("HOLDFAST_LOG_LEVEL"), "INFO"), Level.INFO));
        root.addAppender(standardError(context));
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }

    private static void setLevel(LoggerContext context, String logger, Level level) {
        context.getLogger(logger).setLevel(level);
    }

    /** Returns an appender for standard error, as standard output has the output of commands for other programs. */
    private static ConsoleAppender<ILoggingEvent> standardError(LoggerContext context) {
        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setPattern(PATTERN);
        encoder.start();
        ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
        appender.setContext(context);
        appender.setName("stderr");
        appender.setTarget("System.err");
        appender.setEncoder(encoder);
        appender.start();
        return appender;
    }
}
