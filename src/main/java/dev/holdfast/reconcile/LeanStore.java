package dev.holdfast.reconcile;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import io.javaoperatorsdk.operator.processing.event.source.informer.TransformingItemStore;
import java.util.List;

/** The operator's caches, without the managedFields, which nobody asks for and which were the bigger part by far. */
public final class LeanStore {
    /** Objects for each answer while a cache is filled: a bound to what is held at once with its managedFields. */
    public static final long LIST_LIMIT = 500;

    private LeanStore() {}

    /** A new, empty store for one watch. */
    public static <R extends HasMetadata> ItemStore<R> create() {
        return new TransformingItemStore<>(LeanStore::withoutManagedFields);
    }

    private static <R extends HasMetadata> R withoutManagedFields(R object) {
        object.getMetadata().setManagedFields(List.of());
        return object;
    }
}
