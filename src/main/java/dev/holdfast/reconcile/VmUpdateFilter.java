package dev.holdfast.reconcile;

import dev.holdfast.api.Names;
import dev.holdfast.api.Undecodable;
import dev.holdfast.api.vm.PassthroughVM;
import io.javaoperatorsdk.operator.processing.event.source.filter.OnUpdateFilter;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Accepts the changes of a VM that need a reconciliation: of its spec, which the generation counts, its deletion, the
 * annotation that requests a restart, and a status that was corrected so that it can be decoded again. The framework's own
 * filter accepts only the first two, and without a filter each write of the status would cause another reconciliation.
 */
public final class VmUpdateFilter implements OnUpdateFilter<PassthroughVM> {
    @Override
    public boolean accept(PassthroughVM now, PassthroughVM before) {
        return !Objects.equals(
                        now.getMetadata().getGeneration(), before.getMetadata().getGeneration())
                || now.isMarkedForDeletion() != before.isMarkedForDeletion()
                || !Objects.equals(restartedAt(now), restartedAt(before))
                || Undecodable.is(now) != Undecodable.is(before);
    }

    private static @Nullable String restartedAt(PassthroughVM vm) {
        return vm.getMetadata().getAnnotations() == null
                ? null
                : vm.getMetadata().getAnnotations().get(Names.RESTARTED_AT_ANNOTATION);
    }
}
