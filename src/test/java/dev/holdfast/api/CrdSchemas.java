package dev.holdfast.api;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The schemas in {@code crds/}, which are what the records say ({@code CrdFilesTest}). */
public final class CrdSchemas {
    private CrdSchemas() {}

    public static JSONSchemaProps of(Class<? extends HasMetadata> kind) {
        Path file = Path.of("crds", HasMetadata.getFullResourceName(kind) + ".yaml");
        try {
            return Serialization.unmarshal(Files.readString(file), CustomResourceDefinition.class)
                    .getSpec()
                    .getVersions()
                    .getFirst()
                    .getSchema()
                    .getOpenAPIV3Schema();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
