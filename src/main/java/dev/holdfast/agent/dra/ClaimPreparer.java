package dev.holdfast.agent.dra;

import dev.holdfast.agent.plugin.ReportedDevices;
import dev.holdfast.api.node.Grant;
import dev.holdfast.inventory.AssignableGroup;
import dev.holdfast.inventory.GroupResolver;
import dev.holdfast.text.FailureText;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Prepares and unprepares ResourceClaims. Blocks while it reads from the API server and the kubelet. Thread-safe. */
final class ClaimPreparer {
    private final String node;
    private final ClaimSources sources;
    private final GroupResolver groups;
    private final Supplier<List<Grant>> grants;
    private final PreparedClaims prepared;
    private volatile @Nullable Offer offer;

    /** Devices for claims. */
    private record Offer(List<ClaimableDevice> devices, boolean kvm) {
        @Nullable
        ClaimableDevice find(String name) {
            return devices.stream()
                    .filter(device -> device.name().equals(name))
                    .findFirst()
                    .orElse(null);
        }
    }

    /** Answer to a request for one claim. */
    sealed interface Answer {
        record Prepared(PreparedClaim claim) implements Answer {}

        /** The devices cannot be given to the pod. */
        record Refused(String message) implements Answer {}

        /** It is unknown whether they can be given. */
        record Failed(String message) implements Answer {}
    }

    /** @param node name of this node */
    ClaimPreparer(
            String node,
            ClaimSources sources,
            GroupResolver groups,
            Supplier<List<Grant>> grants,
            PreparedClaims prepared) {
        this.node = node;
        this.sources = sources;
        this.groups = groups;
        this.grants = grants;
        this.prepared = prepared;
    }

    /**
     * Replaces the devices for claims.
     *
     * @param kvm whether VMs get /dev/kvm
     */
    void offer(List<ClaimableDevice> devices, boolean kvm) {
        offer = new Offer(List.copyOf(devices), kvm);
    }

    /**
     * Prepares a claim, or finds it prepared.
     *
     * @param cancelled whether the caller has gone
     */
    Answer prepare(String namespace, String name, String uid, BooleanSupplier cancelled) {
        Offer current = offer;
        if (current == null) {
            return new Answer.Failed("the agent is starting and has not observed the devices of " + node
                    + " yet; the claim is prepared when the kubelet asks again");
        }
        if (!ClaimCdiFiles.isUid(uid)) {
            return new Answer.Refused("ResourceClaim with an invalid UID; must be letters, digits and '-'");
        }
        try {
            PreparedClaim known = prepared.find(uid).orElse(null);
            return known == null ? prepareNew(namespace, name, uid, current, cancelled) : prepareAgain(known, current);
        } catch (IOException | IllegalArgumentException e) {
            return new Answer.Failed(FailureText.of(e));
        }
    }

    /** Unprepares a claim. Returns a message when that failed; the kubelet asks again. */
    Optional<String> unprepare(String uid) {
        try {
            prepared.remove(uid);
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of(FailureText.of(e));
        }
    }

    private Answer prepareNew(String namespace, String name, String uid, Offer current, BooleanSupplier cancelled)
            throws IOException {
        ClaimFacts facts = sources.claim(namespace, name).orElse(null);
        long asked = System.nanoTime();
        Allocation allocation = new Allocation(node, current::find, groups, held(), grants.get());
        return switch (allocation.check(namespace, name, uid, facts)) {
            case Allocation.Checked.Refused refused -> new Answer.Refused(refused.message());
            case Allocation.Checked.Usable usable ->
                switch (prepared.add(usable.claim(), current.kvm(), asked, cancelled)) {
                    case PreparedClaims.Added.Refused refused -> new Answer.Refused(refused.message());
                    case PreparedClaims.Added.Done done -> new Answer.Prepared(done.claim());
                };
        };
    }

    /** Returns the devices that pods hold; the kubelet does not report that a claim has only adminAccess. */
    private ReportedDevices held() throws IOException {
        ReportedDevices all = sources.held();
        return new ReportedDevices(
                all.pods(),
                all.claims().stream()
                        .filter(held -> held.own() && !prepared.onlyObserves(held.claim(), held.device()))
                        .toList());
    }

    /** Answers as before. The CDI file is missing when the directory was emptied. */
    private Answer prepareAgain(PreparedClaim known, Offer current) throws IOException {
        if (!prepared.hasFile(known)) {
            for (PreparedClaim.Exclusive device : known.groups()) {
                Integer iommuGroup = groups.functions(device.group())
                        .map(AssignableGroup::iommuGroup)
                        .orElse(null);
                if (!Integer.valueOf(device.iommuGroup()).equals(iommuGroup)) {
                    return new Answer.Refused(device.group() + " has vanished, is blocked or is not responding since it"
                            + " was prepared; see the node's PassthroughNode, and delete the pod");
                }
            }
            prepared.rewrite(known, current.kvm());
        }
        return new Answer.Prepared(known);
    }
}
