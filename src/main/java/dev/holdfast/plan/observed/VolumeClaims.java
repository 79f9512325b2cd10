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
 * The PersistentVolumeClaims that a VM names, as the API server has them.
 *
 * @param known  somebody looked; else every claim counts as there, with a file system
 * @param byName those that there are
 */
public record VolumeClaims(boolean known, Map<String, Claim> byName) {
    private static final VolumeClaims UNKNOWN = new VolumeClaims(false, Map.of());

    public VolumeClaims {
        byName = Map.copyOf(byName);
    }

    /**
     * One of them.
     *
     * @param block   its volume is a block device and no file system
     * @param phase   Pending, Bound or Lost
     * @param leaving it is being deleted
     */
    public record Claim(boolean block, String phase, boolean leaving) {}

    /** Nobody looked. */
    public static VolumeClaims unknown() {
        return UNKNOWN;
    }

    /** What was found of what was asked for. */
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

    /** Names of those whose volumes are block devices. */
    public Set<String> blockDevices() {
        return byName.entrySet().stream()
                .filter(entry -> entry.getValue().block())
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
    }

    /** What is wrong with the first claim of these that cannot be used. */
    public Optional<Cause> obstacle(Collection<String> names) {
        return known ? first(names, this::obstacle) : Optional.empty();
    }

    /** Which of these the scheduler waits for. */
    public Optional<Cause> pending(Collection<String> names) {
        return first(
                names,
                name -> Given.of(byName.get(name))
                        .filter(claim -> claim.phase().equals("Pending"))
                        .map(claim -> new Cause(
                                Reason.ClaimNotBound,
                                "the claim %s has no volume yet; `kubectl describe pvc %s` shows what it waits for"
                                        .formatted(name, name))));
    }

    private Optional<Cause> obstacle(String name) {
        Claim claim = byName.get(name);
        if (claim == null) {
            return Optional.of(new Cause(
                    Reason.ClaimNotFound,
                    "there is no PersistentVolumeClaim %s in the VM's namespace; create it, or correct spec.volumes"
                            .formatted(name)));
        }
        if (claim.leaving()) {
            return Optional.of(new Cause(
                    Reason.ClaimIsDeleted,
                    "the claim %s is being deleted, and its data with it; take it out of spec.volumes, or create it anew"
                            .formatted(name)));
        }
        if (claim.phase().equals("Lost")) {
            return Optional.of(new Cause(
                    Reason.ClaimLost,
                    "the volume of the claim %s is gone; restore it, or give the VM another claim".formatted(name)));
        }
        return Optional.empty();
    }

    private static Optional<Cause> first(Collection<String> names, Function<String, Optional<Cause>> question) {
        return names.stream().map(question).flatMap(Optional::stream).findFirst();
    }
}
