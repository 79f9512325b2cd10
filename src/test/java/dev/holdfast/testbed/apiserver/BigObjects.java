package dev.holdfast.testbed.apiserver;

import dev.holdfast.api.Names;
import java.util.Random;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** VMs and pods of the maximum size, as JSON. Their texts consist of random letters, which cannot be compressed. */
final class BigObjects {
    /** apimachinery, TotalAnnotationSizeLimitB, which counts the key as well. */
    private static final int ANNOTATIONS = (256 << 10) - "example.com/notes".length();

    /** Bounds of the schema: of the data for cloud-init and of a node affinity. */
    private static final int USER_DATA = 64 << 10;

    private static final int NETWORK_DATA = 16 << 10;
    private static final int TERMS = 4;
    private static final int EXPRESSIONS = 6;
    private static final int VALUES = 16;
    private static final int VALUE = 63;

    /** Pods alone, which have no bound but that of etcd. */
    private static final int ENVIRONMENT = 20_000;

    private static final int MANAGED_FIELDS = 1_000;

    private final Random random = new Random(20261129);
    private final String metadata = metadata();
    private final String vmSpec = vmSpec();
    private final String podSpec = podSpec();

    /**
     * A VM whose spec is as big as the operator reads any.
     *
     * @param status a field with its comma, or nothing
     */
    String vm(String namespace, String name, long version, String status) {
        return """
                {"apiVersion":"holdfast.dev/v1alpha1","kind":"PassthroughVM","metadata":{"name":"%s","namespace":"%s","uid":"uid-of-%s","generation":1,"resourceVersion":"%d",%s},"spec":%s%s}""".formatted(name, namespace, name, version, metadata, vmSpec, status);
    }

    /** A pod of any user with the label of the pods of VMs. */
    String pod(String namespace, String name, long version) {
        return """
                {"metadata":{"name":"%s","namespace":"%s","uid":"uid-of-%s","resourceVersion":"%d","labels":{"%s":"true"},%s},"spec":%s,"status":{"phase":"Pending"}}""".formatted(name, namespace, name, version, Names.VM_POD_LABEL, metadata, podSpec);
    }

    private String metadata() {
        String fields = IntStream.range(0, MANAGED_FIELDS)
                .mapToObj(i -> "\"f:field-%d\":{\".\":{}}".formatted(i))
                .collect(Collectors.joining(","));
        return """
                "annotations":{"example.com/notes":"%s"},"managedFields":[{"manager":"kubectl","operation":"Update","fieldsV1":{%s}}]""".formatted(letters(ANNOTATIONS), fields);
    }

    private String vmSpec() {
        String required = list(TERMS, i -> term());
        String preferred = list(TERMS, i -> "{\"weight\":100,\"preference\":%s}".formatted(term()));
        return """
                {"memory":{"guest":"128Mi"},"devices":{"gpus":[{"name":"gpu0","deviceName":"holdfast.dev/gpu"}],"disks":[{"name":"init","disk":{"bus":"virtio"}}]},"volumes":[{"name":"init","cloudInitNoCloud":{"userData":"%s","networkData":"%s"}}],"affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":%s},"preferredDuringSchedulingIgnoredDuringExecution":%s}}}""".formatted(letters(USER_DATA), letters(NETWORK_DATA), required, preferred);
    }

    private String term() {
        return "{\"matchExpressions\":%s}"
                .formatted(list(
                        EXPRESSIONS,
                        i -> "{\"key\":\"k%d\",\"operator\":\"NotIn\",\"values\":%s}"
                                .formatted(i, list(VALUES, j -> '"' + letters(VALUE) + '"'))));
    }

    private static String list(int count, IntFunction<String> item) {
        return IntStream.range(0, count).mapToObj(item).collect(Collectors.joining(",", "[", "]"));
    }

    private String podSpec() {
        String environment = IntStream.range(0, ENVIRONMENT)
                .mapToObj(i -> "{\"name\":\"NAME_%d\",\"value\":\"%s\"}".formatted(i, letters(8)))
                .collect(Collectors.joining(","));
        return "{\"containers\":[{\"name\":\"main\",\"image\":\"pause\",\"env\":[%s]}]}".formatted(environment);
    }

    private String letters(int count) {
        StringBuilder letters = new StringBuilder(count);
        for (int i = 0; i < count; i++) {
            letters.append((char) ('a' + random.nextInt(26)));
        }
        return letters.toString();
    }
}
