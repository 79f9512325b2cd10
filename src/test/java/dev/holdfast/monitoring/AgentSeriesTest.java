package dev.holdfast.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.node.DeviceState;
import dev.holdfast.telemetry.AgentMeters;
import dev.holdfast.telemetry.AgentMeters.DeviceKind;
import dev.holdfast.telemetry.JvmMeters;
import dev.holdfast.telemetry.VmMemory;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The number of series on the page of an agent is bounded by its VMs and classes, and by nothing that a guest can do. */
class AgentSeriesTest {
    private static final int VMS = 100;
    private static final int FUNCTIONS = 256;
    private static final int CLASSES = 8;

    /** Rows of docs/monitoring.md: a VM with a limit and a plan. */
    private static final int SERIES_OF_A_VM = 7;

    /** Without VMs and classes; 150 when this test was written. */
    private static final int SERIES_OF_AN_AGENT = 200;

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final AgentMeters meters = new AgentMeters(registry);

    @Test
    void aVmHasSevenSeriesAsLongAsItRuns() {
        long before = series();

        meters.vms(vms());
        assertThat(series()).isEqualTo(before + VMS * SERIES_OF_A_VM);

        meters.vms(List.of());
        assertThat(series()).isEqualTo(before);
    }

    /** Whatever their addresses: a class has as many series as its functions have states. */
    @Test
    void aClassHasASeriesForEachStateOfItsFunctions() {
        long before = series();

        meters.devices(functions(), FUNCTIONS, 0);

        assertThat(series() - before).isEqualTo(CLASSES * DeviceState.values().length);
    }

    @Test
    void theBiggestNodeStaysBelowAThousandSeries() {
        JvmMeters.bindTo(registry);
        meters.vms(vms());
        meters.devices(functions(), FUNCTIONS, 0);
        Map<String, Boolean> plugins = new TreeMap<>();
        for (int i = 0; i < CLASSES; i++) {
            plugins.put("class-" + i, true);
            meters.registered("class-" + i, true);
            meters.registered("class-" + i, false);
        }
        meters.pluginsRegistered(plugins);

        assertThat(series())
                .isLessThanOrEqualTo(
                        SERIES_OF_AN_AGENT + VMS * SERIES_OF_A_VM + CLASSES * (DeviceState.values().length + 3));
    }

    private static Map<DeviceKind, Integer> functions() {
        DeviceState[] states = DeviceState.values();
        return IntStream.range(0, FUNCTIONS)
                .mapToObj(i -> new DeviceKind("class-" + i % CLASSES, states[i / CLASSES % states.length].name()))
                .collect(Collectors.toMap(kind -> kind, kind -> 1, Integer::sum, HashMap::new));
    }

    private static List<VmMemory> vms() {
        return IntStream.range(0, VMS)
                .mapToObj(i -> new VmMemory("lab", "vm-" + i, 1L << 30, 1L << 30, 0, 1L << 30, 1L << 31, 1L << 19))
                .toList();
    }

    private long series() {
        return registry.scrape().lines().filter(line -> !line.startsWith("#")).count();
    }
}
