package dev.holdfast.bench.scale;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ToLongFunction;

/** When each VM got how far, by the clock of the bench. Thread-safe. */
public final class Timeline {
    private final Map<String, Moments> vms = new ConcurrentHashMap<>();
    private final List<String> created = new ArrayList<>();
    private final List<String> withPod = new ArrayList<>();
    private final AtomicInteger running = new AtomicInteger();

    /** Times of one VM, of {@link System#nanoTime()}; 0 until it happened. */
    private static final class Moments {
        private volatile long create;
        private volatile long pod;
        private volatile long running;
    }

    /** The request to create the VM is about to be sent. */
    public synchronized void create(String vm) {
        vms.computeIfAbsent(vm, name -> new Moments()).create = System.nanoTime();
        created.add(vm);
    }

    /** The VM's pod was seen. */
    public synchronized void pod(String vm) {
        Moments moments = vms.get(vm);
        if (moments != null && moments.pod == 0) {
            moments.pod = System.nanoTime();
            withPod.add(vm);
        }
    }

    /** The VM's status was seen to say Running. */
    public void running(String vm) {
        Moments moments = vms.get(vm);
        if (moments != null && moments.running == 0) {
            moments.running = System.nanoTime();
            running.incrementAndGet();
        }
    }

    public synchronized int pods() {
        return withPod.size();
    }

    public int running() {
        return running.get();
    }

    public Quantiles untilPod() {
        return untilEach(moments -> moments.pod);
    }

    public Quantiles untilRunning() {
        return untilEach(moments -> moments.running);
    }

    private Quantiles untilEach(ToLongFunction<Moments> end) {
        return Quantiles.of(vms.values().stream()
                .filter(moments -> end.applyAsLong(moments) != 0)
                .mapToLong(moments -> end.applyAsLong(moments) - moments.create));
    }

    /** Returns the time from the first request to the last pod, in nanoseconds. */
    public long untilLastPod() {
        long first =
                vms.values().stream().mapToLong(moments -> moments.create).min().orElseThrow();
        return vms.values().stream().mapToLong(moments -> moments.pod).max().orElseThrow() - first;
    }

    /** Returns by how many places a pod at most comes later than its VM did. */
    public synchronized int mostOvertaken() {
        Map<String, Integer> places = new ConcurrentHashMap<>();
        for (String vm : created) {
            places.put(vm, places.size());
        }
        int most = 0;
        for (int place = 0; place < withPod.size(); place++) {
            most = Math.max(most, place - places.getOrDefault(withPod.get(place), place));
        }
        return most;
    }
}
