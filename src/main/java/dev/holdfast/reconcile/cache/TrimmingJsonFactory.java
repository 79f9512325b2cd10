package dev.holdfast.reconcile.cache;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.api.PassthroughDeviceClass;
import dev.holdfast.api.PassthroughNode;
import dev.holdfast.api.PassthroughVM;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.io.InputStream;

/**
 * Reads the API server's answers without what {@link KeptFields} leaves out: it is skipped while it is read, in lists as
 * in events of a watch, so neither a tree nor an object is ever made of it.
 */
public final class TrimmingJsonFactory extends JsonFactory {
    private static final long serialVersionUID = 1;

    /** For a client whose objects are read only, and never written back. */
    public static KubernetesSerialization serialization() {
        KubernetesSerialization serialization =
                new KubernetesSerialization(new ObjectMapper(new TrimmingJsonFactory()), true);
        // Else events of watches bring trees of maps first.
        serialization.registerKubernetesResource(PassthroughVM.class);
        serialization.registerKubernetesResource(PassthroughNode.class);
        serialization.registerKubernetesResource(PassthroughDeviceClass.class);
        return serialization;
    }

    @Override
    public JsonParser createParser(InputStream in) throws IOException {
        return new TrimmingParser(super.createParser(in));
    }
}
