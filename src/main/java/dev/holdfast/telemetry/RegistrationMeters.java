package dev.holdfast.telemetry;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/** Meters of what the agent has registered with the kubelet. */
final class RegistrationMeters {
    private final MeterRegistry registry;
    private final MultiGauge plugins;
    private final AtomicInteger driver = new AtomicInteger();

    RegistrationMeters(MeterRegistry registry) {
        this.registry = registry;
        plugins = MultiGauge.builder("holdfast.plugin.registered")
                .description("1 while the device plugin of a class is registered with the running kubelet; otherwise 0")
                .register(registry);
        Gauge.builder("holdfast.dra.registered", driver, AtomicInteger::get)
                .description("1 after the kubelet accepted the DRA driver; 0 before, and after it refused the driver")
                .register(registry);
        driverCount(true);
        driverCount(false);
    }

    /** Counts a registration of a class. */
    void plugin(String deviceClass, boolean accepted) {
        Counter.builder("holdfast.plugin.registrations")
                .description("Registrations of device plugins with the kubelet, by class and result")
                .tag("class", deviceClass)
                .tag("result", result(accepted))
                .register(registry)
                .increment();
    }

    /** Sets for each class whether its plugin is registered; classes that are missing lose their gauges. */
    void plugins(Map<String, Boolean> registered) {
        plugins.register(
                registered.entrySet().stream()
                        .<Row<?>>map(plugin -> Row.of(
                                Tags.of("class", plugin.getKey()), Boolean.TRUE.equals(plugin.getValue()) ? 1 : 0))
                        .toList(),
                true);
    }

    /** Counts an answer of the kubelet to the registration of the DRA driver. */
    void driver(boolean accepted) {
        driverCount(accepted).increment();
        driver.set(accepted ? 1 : 0);
    }

    private Counter driverCount(boolean accepted) {
        return Counter.builder("holdfast.dra.registrations")
                .description("Registrations of the DRA driver with the kubelet, by result")
                .tag("result", result(accepted))
                .register(registry);
    }

    private static String result(boolean accepted) {
        return accepted ? "ok" : "error";
    }
}
