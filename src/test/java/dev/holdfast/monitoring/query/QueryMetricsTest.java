package dev.holdfast.monitoring.query;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QueryMetricsTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        up{job="holdfast-agent"} == 0                                         | up=[job]
        sum by (phase, le) (rate(a_seconds_bucket[1h]))                       | a_seconds_bucket=[]
        histogram_quantile(0.95, sum by (le) (rate(a:b{x=~"y.z",v!="w"}[5m]))) | a:b=[v, x]
        a unless a offset 15m                                                 | a=[]
        sum(a) == 0 or absent(b{phase="Pending",node=~"$node"})               | a=[], b=[node, phase]
        time() - a_seconds{phase="by (x)"} > 1800                             | a_seconds=[phase]
        a / on (node) group_left (b) c and on () d                            | a=[], c=[], d=[]
        1e3 * a + 2.5                                                         | a=[]
        """)
    void findsMetricsWithTheLabelsThatAreCompared(String query, String expected) {
        Map<String, Set<String>> found = new TreeMap<>(QueryMetrics.of(query));

        assertThat(found.toString()).isEqualTo("{" + expected + "}");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        sum by (a) (increase(b_total{c="d"}[1h])) > 0               | [b_total]
        rate(a:b_total[5m]) / on (rate) irate( c_total [5m])       | [a:b_total, c_total]
        max_over_time(a[10m]) + increase_total                      | []
        """)
    void findsTheCountersWhoseGrowthIsComputed(String query, String expected) {
        assertThat(QueryMetrics.rated(query)).hasToString(expected);
    }

    @Test
    void findsTheSelectorsThatCompareLabels() {
        assertThat(QueryMetrics.selectors("rate(a:b{c=\"d\",e!=\"\"}[5m]) > 0 or f unless g{h=~\"i.*\"} offset 15m"))
                .containsExactly("a:b{c=\"d\",e!=\"\"}", "g{h=~\"i.*\"}");
    }
}
