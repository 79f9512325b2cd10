package dev.holdfast.reconcile;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.IndexerResourceCache;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** A cache of a few objects, which asks its index functions each time. */
final class ListedCache<T extends HasMetadata> implements IndexerResourceCache<T> {
    private final List<T> objects;
    private final Map<String, Function<T, List<String>>> indexers = new HashMap<>();

    ListedCache(List<T> objects) {
        this.objects = objects;
    }

    @Override
    public void addIndexers(Map<String, Function<T, List<String>>> added) {
        indexers.putAll(added);
    }

    @Override
    public List<T> byIndex(String name, String key) {
        Function<T, List<String>> keys = Objects.requireNonNull(indexers.get(name), name);
        return objects.stream()
                .filter(object -> keys.apply(object).contains(key))
                .toList();
    }

    @Override
    public Stream<T> list(Predicate<T> wanted) {
        return objects.stream().filter(wanted);
    }

    @Override
    public Stream<T> list(String namespace, Predicate<T> wanted) {
        return list(wanted)
                .filter(object -> namespace.equals(object.getMetadata().getNamespace()));
    }

    @Override
    public Optional<T> get(ResourceID id) {
        return objects.stream()
                .filter(object -> ResourceID.fromResource(object).equals(id))
                .findFirst();
    }

    @Override
    public Stream<ResourceID> keys() {
        return objects.stream().map(ResourceID::fromResource);
    }
}
