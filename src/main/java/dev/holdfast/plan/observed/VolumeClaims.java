package dev.holdfast.plan.observed;

import dev.holdfast.api.Cause;
import dev.holdfast.api.Reason;
import dev.holdfast.plan.machine.Given;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimSpec;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimStatus;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The PersistentVolumeClaims that a VM uses, as read from the API server.
 *
 * @param known  whether claims were read; otherwise every claim counts as present, with a file system
 * @param byName the claims that exist
 */
public record VolumeClaims(boolean known, Map<String, Claim> byName) {
    private static final VolumeClaims UNKNOWN = new VolumeClaims(false, Map.of());

    public VolumeClaims {
        byName = Map.copyOf(byName);
    }

    /**
     * A claim.
     *
     * @param block   its volume is a block device instead of a file system
     * @param phase   Pending, Bound or Lost
     * @param deleted it is being deleted
     */
    public record Claim(boolean block, String phase, boolean deleted) {}

    /** Returns claims that were not read. */
    public static VolumeClaims unknown() {
        return UNKNOWN;
    }

    /** Returns the claims that were found. */
    public static VolumeClaims of(Collection<PersistentVolumeClaim> found) {
        return new VolumeClaims(
                true,
                found.stream()
                        .collect(Collectors.toMap(
                                claim -> claim.getMetadata().getName(), VolumeClaims::read, (first, second) -> first)));
    }

    private static Claim read(PersistentVolumeClaim claim) {
        boolean block = Given.of(claim.getSpec(), PersistentVolumeClaimSpec::getVolumeMode)
                .filter("Block"::equals)
                .isPresent();
        String phase = Given.of(claim.getStatus(), PersistentVolumeClaimStatus::getPhase)
                .orElse("Pending");
        return new Claim(block, phase, claim.isMarkedForDeletion());
    }

    /** Returns the names of the claims whose volumes are block devices. */
    public Set<String> blockDevices() {
        return byName.entrySet().stream()
                .filter(entry -> entry.getValue().block())
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
    }

    /** Returns the fault of the first of these claims that cannot be used; empty when all can be. */
    public Optional<Cause> obstacle(Collection<String> names) {
        return known ? first(names, this::obstacle) : Optional.empty();
    }

    /** Returns the first of these claims that the scheduler waits for, as a cause. */
    public Optional<Cause> pending(Collection<String> names) {
        return first(
                names,
                name -> Given.of(byName.get(name))
                        .filter(claim -> claim.phase().equals("Pending"))
                        .map(claim -> new Cause(
                                Reason.ClaimNotBound,
                                "claim %s is not bound to a volume yet; `kubectl describe pvc %s` shows why"
                                        .formatted(name, name))));
    }

    private Optional<Cause> obstacle(String name) {
        Claim claim = byName.get(name);
        if (claim == null) {
            return Optional.of(new Cause(
                    Reason.ClaimNotFound,
                    "PersistentVolumeClaim %s not found in the VM's namespace; create it, or correct spec.volumes"
                            .formatted(name)));
        }
        if (claim.deleted()) {
            return Optional.of(new Cause(
                    Reason.ClaimIsDeleted,
                    "claim %s and its data are being deleted; remove it from spec.volumes, or create it again"
                            .formatted(name)));
        }
        if (claim.phase().equals("Lost")) {
            return Optional.of(new Cause(
                    Reason.ClaimLost,
                    "claim %s has lost its volume; restore the volume, or use another claim".formatted(name)));
        }
        return Optional.empty();
    }

    private static Optional<Cause> first(Collection<String> names, Function<String, Optional<Cause>> check) {
        return names.stream().map(check).flatMap(Optional::stream).findFirst();
    }
}
