package dev.holdfast.agent.dra;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import dev.holdfast.pci.GroupId;
import java.io.IOException;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Claims as the API server has them after the scheduler has allocated devices. */
final class Claims {
    static final String NODE = "n1";
    static final String UID = "0f5a3c1e-7d2b-4a83-9e10-5b6c7d8e9f01";
    static final String OTHER_UID = "9c1d7e42-1111-4c3d-8f00-aabbccddeeff";
    static final GroupId GPU = GroupId.parse("0000:65:00.0").orElseThrow();
    static final String GPU_DEVICE = "pci-0000-65-00-0";
    static final GroupId NIC = GroupId.parse("0000:b3:00.0").orElseThrow();
    static final String NIC_DEVICE = "pci-0000-b3-00-0";

    private Claims() {}

    /** The JSON of a claim, with a config and a condition that nobody reads. */
    static String json(String uid, List<String> results, String... pods) {
        return """
                {"apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaim",
                 "metadata": {"namespace": "lab", "name": "gpu", "uid": "%s", "labels": {"a": "b"}},
                 "spec": {"devices": {"requests": [{"name": "gpu", "exactly": {"deviceClassName": "a100"}}]}},
                 "status": {
                  "reservedFor": [%s],
                  "allocation": {
                   "nodeSelector": {"nodeSelectorTerms": []},
                   "devices": {"config": [{"opaque": {"driver": "x", "parameters": {"deep": [[{}]]}}}],
                               "results": [%s]}},
                  "devices": [{"driver": "x", "conditions": []}]}}
                """.formatted(
                        uid,
                        Stream.of(pods)
                                .map("{\"resource\": \"pods\", \"name\": \"p\", \"uid\": \"%s\"}"::formatted)
                                .collect(Collectors.joining(",")),
                        String.join(",", results));
    }

    static String result(String request, String driver, String pool, String device) {
        return "{\"request\": \"%s\", \"driver\": \"%s\", \"pool\": \"%s\", \"device\": \"%s\"}"
                .formatted(request, driver, pool, device);
    }

    /** A device of Holdfast on this node. */
    static String ours(String request, String device) {
        return result(request, "vfio.holdfast.dev", NODE, device);
    }

    static String admin(String request, String device) {
        return ours(request, device).replace("}", ", \"adminAccess\": true}");
    }

    static ClaimFacts facts(String json) throws IOException {
        try (JsonParser parser = new JsonFactory().createParser(json)) {
            parser.nextToken();
            return ClaimFacts.read(parser);
        }
    }

    static ClaimableDevice gpu() {
        return new ClaimableDevice(GPU, "a100", null);
    }

    static ClaimableDevice nic() {
        return new ClaimableDevice(NIC, "nic", null);
    }

    /** A claim with the GPU alone, as if it had just been checked. */
    static PreparedClaim gpuClaim(String uid, String name) {
        return claim(uid, name, GPU, GPU_DEVICE, 7);
    }

    static PreparedClaim nicClaim(String uid, String name) {
        return claim(uid, name, NIC, NIC_DEVICE, 9);
    }

    private static PreparedClaim claim(String uid, String name, GroupId group, String device, int iommuGroup) {
        return new PreparedClaim(
                uid,
                "lab",
                name,
                null,
                List.of(new PreparedClaim.Device(
                        device,
                        "gpu",
                        new PreparedClaim.Exclusive(group, "a100", iommuGroup, uid + "-" + device + "-00"))));
    }
}
