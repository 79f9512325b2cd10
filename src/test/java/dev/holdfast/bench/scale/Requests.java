package dev.holdfast.bench.scale;

import dev.holdfast.testbed.cluster.AuditLog.Request;
import dev.holdfast.testbed.cluster.RealCluster;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The operator's requests by the API server's count, without those of its Lease.
 *
 * @param counts by verb and resource
 */
public record Requests(Map<String, Long> counts) {
    private static final String OPERATOR = "system:serviceaccount:holdfast:holdfast-operator";
    private static final Set<String> READS = Set.of("get", "list", "watch");

    /** All so far. */
    public static Requests of(RealCluster cluster) {
        return new Requests(cluster.audit()
                .requests()
                .filter(request -> request.user().equals(OPERATOR))
                .filter(request ->
                        !request.resource().isEmpty() && !request.resource().equals("leases"))
                .collect(Collectors.groupingBy(Requests::kind, Collectors.counting())));
    }

    private static String kind(Request request) {
        return request.verb() + " " + request.resource();
    }

    /** Returns those that came later than {@code before}. */
    public Requests since(Requests before) {
        Map<String, Long> later = new HashMap<>(counts);
        before.counts.forEach((kind, count) -> later.merge(kind, -count, Long::sum));
        later.values().removeIf(count -> count == 0);
        return new Requests(later);
    }

    /** Writes, apart from Events. */
    public long writes() {
        return sum((verb, resource) -> !READS.contains(verb) && !resource.equals("events"));
    }

    public long events() {
        return sum((verb, resource) -> !READS.contains(verb) && resource.equals("events"));
    }

    /** By kind, divided by a number of VMs. */
    public String per(int vms) {
        return new TreeMap<>(counts)
                .entrySet().stream()
                        .map(kind ->
                                String.format(Locale.ROOT, "%s %.2f", kind.getKey(), kind.getValue() / (double) vms))
                        .collect(Collectors.joining(", "));
    }

    private interface Kind {
        boolean is(String verb, String resource);
    }

    private long sum(Kind wanted) {
        return counts.entrySet().stream()
                .filter(kind -> {
                    String[] words = kind.getKey().split(" ");
                    return wanted.is(words[0], words[1]);
                })
                .mapToLong(Map.Entry::getValue)
                .sum();
    }
}
