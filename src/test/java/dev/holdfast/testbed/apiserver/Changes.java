package dev.holdfast.testbed.apiserver;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import java.util.function.Consumer;

/** Tells of every change of a kind, whatever it is, with the object as it is now or was last. */
public record Changes<T extends HasMetadata>(Consumer<T> changed) implements ResourceEventHandler<T> {
    @Override
    public void onAdd(T object) {
        changed.accept(object);
    }

    @Override
    public void onUpdate(T before, T object) {
        changed.accept(object);
    }

    @Override
    public void onDelete(T object, boolean finalStateUnknown) {
        changed.accept(object);
    }
}
