package dev.holdfast.agent.dra;

import dev.holdfast.agent.plugin.AllocationGate;
import dev.holdfast.pci.GroupId;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;

/**
 * ResourceClaims that are prepared on this node, in memory, in the checkpoint and as CDI files.
 *
 * <p>The checkpoint decides: a CDI file without an entry in it is what a killed agent left, and is deleted at the start
 * of the next one. So a claim gets its CDI file before its entry, and a kill in between leaves it unprepared; the
 * kubelet asks again, for both, until it has an answer. Thread-safe.
 */
final class PreparedClaims {
    private final Checkpoint checkpoint;
    private final ClaimCdiFiles cdi;
    private final AllocationGate gate;
    private final Map<String, PreparedClaim> claims = new TreeMap<>();
    private boolean restored;

    /** Result of {@link #add}. */
    sealed interface Added {
        /** @param claim the entry, which may be an older one of the same claim */
        record Done(PreparedClaim claim) implements Added {}

        record Refused(String message) implements Added {}
    }

    /** Creates the object; nothing is known before {@link #restore}. */
    PreparedClaims(Checkpoint checkpoint, ClaimCdiFiles cdi, AllocationGate gate) {
        this.checkpoint = checkpoint;
        this.cdi = cdi;
        this.gate = gate;
    }

    /**
     * Takes over the claims of the previous agent, and deletes what it left of others and what a former boot left. Has
     * no effect once it has succeeded.
     *
     * @throws IOException when files cannot be read or deleted; retry later
     */
    synchronized void restore() throws IOException {
        if (restored) {
            return;
        }
        claims.clear();
        for (PreparedClaim claim : checkpoint.read()) {
            claims.put(claim.uid(), claim);
            gate.restore(claim.groupIds());
        }
        checkpoint.deleteUnfinished();
        cdi.retain(claims.keySet());
        if (claims.isEmpty() && checkpoint.exists()) {
            // The content may be of a former boot.
            checkpoint.write(List.of());
        }
        restored = true;
    }

    /** Records that the driver was used on this node, for the next agent. */
    synchronized void markUsed() throws IOException {
        if (!checkpoint.exists()) {
            checkpoint.write(claims.values());
        }
    }

    /** Returns whether this or a previous agent has served the driver on this node. */
    boolean used() {
        return checkpoint.exists();
    }

    /** Returns a claim that is prepared. */
    synchronized Optional<PreparedClaim> find(String uid) {
        return Optional.ofNullable(claims.get(uid));
    }

    /** Returns the claim that has a group alone. */
    synchronized Optional<PreparedClaim> holder(GroupId groupId) {
        return claims.values().stream()
                .filter(claim -> claim.groupIds().contains(groupId))
                .findFirst();
    }

    /**
     * Returns whether a claim has only adminAccess to a device.
     *
     * @param claim  {@code namespace/name}
     * @param device name of the device in the slices
     */
    synchronized boolean onlyObserves(String claim, String device) {
        return claims.values().stream()
                .filter(known -> known.fullName().equals(claim))
                .flatMap(known -> known.devices().stream())
                .anyMatch(known -> known.device().equals(device) && known.exclusive() == null);
    }

    /** Returns the class of each group that claims have, by group ID. */
    synchronized Map<GroupId, String> held() {
        Map<GroupId, String> held = new TreeMap<>();
        claims.values().forEach(claim -> claim.groups().forEach(group -> held.put(group.group(), group.deviceClass())));
        return held;
    }

    /** Returns whether the container runtime can create the devices of a prepared claim. */
    boolean hasFile(PreparedClaim claim) {
        return cdi.has(claim);
    }

    /**
     * Adds a claim, unless it is there, another one has one of its groups, or the caller has gone: the kubelet may have
     * unprepared a claim whose preparation it no longer waits for. Nothing is left of a claim that cannot be added.
     *
     * @param kvm       whether the node has /dev/kvm
     * @param asked     nanoTime before the kubelet was asked which groups are free
     * @param cancelled whether the caller has gone
     * @throws IOException when a file cannot be written
     */
    synchronized Added add(PreparedClaim claim, boolean kvm, long asked, BooleanSupplier cancelled) throws IOException {
        PreparedClaim known = claims.get(claim.uid());
        if (known != null) {
            return new Added.Done(known);
        }
        if (cancelled.getAsBoolean()) {
            return new Added.Refused(
                    "the kubelet no longer waits for the answer; the claim is prepared when it asks" + " again");
        }
        Optional<String> refused = usedTwice(claim).or(() -> gate.claim(claim.groupIds(), asked));
        if (refused.isPresent()) {
            return new Added.Refused(refused.get());
        }
        try {
            cdi.write(claim, kvm);
            checkpoint.write(with(claim));
        } catch (IOException | RuntimeException e) {
            gate.release(claim.groupIds());
            removeFile(claim.uid(), e);
            throw e;
        }
        claims.put(claim.uid(), claim);
        return new Added.Done(claim);
    }

    /** Writes the CDI file of a prepared claim anew. */
    synchronized void rewrite(PreparedClaim claim, boolean kvm) throws IOException {
        if (claims.containsKey(claim.uid())) {
            cdi.write(claim, kvm);
        }
    }

    /**
     * Removes a claim, its CDI file first: an entry without a file is removed when the kubelet asks again.
     *
     * @return the claim; empty when it was unknown
     * @throws IOException when a file cannot be changed; the claim is still prepared then
     */
    synchronized Optional<PreparedClaim> remove(String uid) throws IOException {
        cdi.delete(uid);
        PreparedClaim claim = claims.get(uid);
        if (claim == null) {
            return Optional.empty();
        }
        checkpoint.write(
                claims.values().stream().filter(other -> other != claim).toList());
        claims.remove(uid);
        gate.release(claim.groupIds());
        return Optional.of(claim);
    }

    private Optional<String> usedTwice(PreparedClaim claim) {
        return claim.groupIds().stream()
                .flatMap(group -> holder(group)
                        .map(other -> "%s is prepared for ResourceClaim %s; a device serves one claim at a time, and is"
                                        .formatted(group, other.fullName())
                                + " prepared for this one once the pod of the other has ended")
                        .stream())
                .findFirst();
    }

    private Collection<PreparedClaim> with(PreparedClaim claim) {
        List<PreparedClaim> all = new ArrayList<>(claims.values());
        all.add(claim);
        return all;
    }

    private void removeFile(String uid, Exception cause) {
        try {
            cdi.delete(uid);
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
    }
}
