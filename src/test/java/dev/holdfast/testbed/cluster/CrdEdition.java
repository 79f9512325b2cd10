package dev.holdfast.testbed.cluster;

import static dev.holdfast.testbed.Progress.eventually;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.api.Names;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;

/**
 * The CRDs in another edition: types alone, without bounds, enums and rules; or as they once were. Closing it brings the
 * shipped ones back.
 */
public final class CrdEdition implements AutoCloseable {
    private static final String PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/";
    private static final String SCHEMA = "/spec/versions/0/schema/openAPIV3Schema/properties";
    private static final Set<String> BOUNDS = Set.of(
            "enum",
            "maxItems",
            "maxLength",
            "maxProperties",
            "maximum",
            "minItems",
            "minLength",
            "minimum",
            "pattern",
            "x-kubernetes-validations");

    private final KubernetesClient admin;
    private final Map<String, JsonNode> shipped = new HashMap<>();
    private final BooleanSupplier isTight;

    private CrdEdition(KubernetesClient admin, BooleanSupplier isTight) {
        this.admin = admin;
        this.isTight = isTight;
    }

    /**
     * Takes the bounds out of the schemas.
     *
     * @param isTight checks whether the API server rejects a value out of bounds
     */
    public static CrdEdition loose(KubernetesClient admin, BooleanSupplier isTight) {
        CrdEdition edition = new CrdEdition(admin, isTight);
        for (String plural : List.of("passthroughvms", "passthroughnodes", "passthroughdeviceclasses")) {
            String name = plural + "." + Names.GROUP;
            JsonNode crd = edition.read(name);
            edition.shipped.put(name, crd.path("spec").deepCopy());
            loosen(crd.at("/spec/versions/0/schema/openAPIV3Schema"));
            admin.raw(PATH + name, "PUT", crd);
        }
        eventually("the API server takes what is out of bounds").until(() -> !isTight.getAsBoolean());
        return edition;
    }

    /**
     * The PassthroughVM of an earlier schema.
     *
     * @param file    the whole CRD
     * @param isTight checks whether the API server rejects a value that the former schema accepted
     */
    public static CrdEdition former(KubernetesClient admin, Path file, BooleanSupplier isTight) throws IOException {
        CrdEdition edition = new CrdEdition(admin, isTight);
        ObjectNode former = (ObjectNode) Serialization.unmarshal(Files.readString(file), JsonNode.class);
        String name = former.at("/metadata/name").asText();
        ObjectNode crd = (ObjectNode) edition.read(name);
        edition.shipped.put(name, crd.path("spec").deepCopy());
        // Only of the spec: the operator writes the status, in its current form.
        ((ObjectNode) crd.at(SCHEMA)).set("spec", former.at(SCHEMA).path("spec"));
        admin.raw(PATH + name, "PUT", crd);
        eventually("the API server takes the former schema").until(() -> !isTight.getAsBoolean());
        return edition;
    }

    /** Returns whether the API server rejects the creation of this object. */
    public static boolean refuses(KubernetesClient client, String path, String json) {
        try {
            client.raw(path + "?dryRun=All", "POST", Serialization.unmarshal(json, JsonNode.class));
            return false;
        } catch (KubernetesClientException e) {
            if (e.getCode() != 422) {
                throw e;
            }
            return true;
        }
    }

    private JsonNode read(String name) {
        return Serialization.unmarshal(admin.raw(PATH + name), JsonNode.class);
    }

    private static void loosen(JsonNode schema) {
        if (!(schema instanceof ObjectNode object)) {
            return;
        }
        object.remove(BOUNDS);
        schema.path("properties").forEach(CrdEdition::loosen);
        loosen(schema.path("items"));
        loosen(schema.path("additionalProperties"));
    }

    @Override
    public void close() {
        shipped.forEach((name, spec) -> {
            ObjectNode crd = (ObjectNode) read(name);
            crd.set("spec", spec);
            admin.raw(PATH + name, "PUT", crd);
        });
        eventually("the API server refuses what is out of bounds").until(isTight::getAsBoolean);
    }
}
