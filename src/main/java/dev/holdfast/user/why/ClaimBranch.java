package dev.holdfast.user.why;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.user.Json;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A claim of a VM: for storage, or for devices. */
final class ClaimBranch {
    private final Found events;

    ClaimBranch(Found events) {
        this.events = events;
    }

    Branch of(Found found) {
        if (!(found instanceof Found.Read read)) {
            return WhyTree.unread(found);
        }
        JsonNode claim = read.json();
        String state = claim.path("spec").has("devices") ? devices(claim) : storage(claim);
        boolean isLeaving = !Json.text(claim, "/metadata/deletionTimestamp").isEmpty();
        return Branch.of(
                "%s: %s%s".formatted(read.title(), state, isLeaving ? ", being deleted" : ""),
                Stream.concat(
                        Conditions.failing(claim, "True"),
                        state.startsWith("Bound") ? Stream.empty() : Events.warnings(events, claim)));
    }

    private static String storage(JsonNode claim) {
        String type = Json.text(claim, "/spec/storageClassName");
        return Json.text(claim, "/status/phase") + (type.isEmpty() ? "" : ", StorageClass " + type);
    }

    private static String devices(JsonNode claim) {
        String devices = Json.items(claim, "/status/allocation/devices/results")
                .map(device -> "%s is %s of pool %s, driver %s"
                        .formatted(
                                Json.text(device, "/request"),
                                Json.text(device, "/device"),
                                Json.text(device, "/pool"),
                                Json.text(device, "/driver")))
                .collect(Collectors.joining("; "));
        return devices.isEmpty() ? "not allocated" : devices;
    }
}
