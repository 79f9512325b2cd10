package dev.holdfast.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;

/** The bill of materials of an image: CycloneDX, version 1.6. */
final class Sbom {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private Sbom() {}

    /**
     * Makes it out of what others have listed.
     *
     * @param libraries CycloneDX of the Java libraries, as the Maven plugin writes it
     */
    static ObjectNode of(OciArchive image, List<DebianPackage> packages, JsonNode libraries) {
        ObjectNode bom = JSON.createObjectNode()
                .put("$schema", "http://cyclonedx.org/schema/bom-1.6.schema.json")
                .put("bomFormat", "CycloneDX")
                .put("specVersion", "1.6")
                .put(
                        "serialNumber",
                        "urn:uuid:" + UUID.nameUUIDFromBytes(image.digest().getBytes(StandardCharsets.UTF_8)))
                .put("version", 1);
        bom.putObject("metadata")
                .put("timestamp", image.config().path("created").asText())
                .set("component", image(image));
        ArrayNode components = bom.putArray("components");
        components
                .addObject()
                .put("type", "operating-system")
                .put("bom-ref", "debian")
                .put("name", "debian")
                .put("version", "13");
        for (DebianPackage debian : packages) {
            components
                    .addObject()
                    .put("type", "library")
                    .put("bom-ref", debian.url())
                    .put("name", debian.name())
                    .put("version", debian.version())
                    .put("purl", debian.url());
        }
        components.add(libraries.path("metadata").path("component"));
        libraries.path("components").forEach(components::add);
        return bom;
    }

    private static ObjectNode image(OciArchive image) {
        int colon = image.name().lastIndexOf(':');
        return JSON.createObjectNode()
                .put("type", "container")
                .put("bom-ref", "image")
                .put("name", image.name().substring(0, colon))
                .put("version", image.name().substring(colon + 1))
                .put("description", image.digest());
    }
}
