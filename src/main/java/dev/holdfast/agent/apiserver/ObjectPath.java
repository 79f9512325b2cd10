package dev.holdfast.agent.apiserver;

import dev.holdfast.api.Names;
import java.util.regex.Pattern;

/** Paths of objects on the API server. */
public final class ObjectPath {
    /** Names of objects; a slash or a percent sign would change the path. */
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9]([-A-Za-z0-9._]*[A-Za-z0-9])?");

    private static final String OURS = "/apis/" + Names.GROUP + "/" + Names.VERSION;

    private static final String SLICES = "/apis/resource.k8s.io/v1/resourceslices";

    private ObjectPath() {}

    public static String pod(String namespace, String name) {
        return "/api/v1/namespaces/" + checked(namespace) + "/pods/" + checked(name);
    }

    public static String node(String name) {
        return "/api/v1/nodes/" + checked(name);
    }

    /** Returns the path of the list with only this Node. */
    public static String onlyNode(String name) {
        return "/api/v1/nodes?fieldSelector=metadata.name%3D" + checked(name);
    }

    public static String resourceClaim(String namespace, String name) {
        return "/apis/resource.k8s.io/v1/namespaces/" + checked(namespace) + "/resourceclaims/" + checked(name);
    }

    public static String passthroughVM(String namespace, String name) {
        return OURS + "/namespaces/" + checked(namespace) + "/passthroughvms/" + checked(name);
    }

    public static String passthroughNode(String name) {
        return OURS + "/passthroughnodes/" + checked(name);
    }

    public static String passthroughDeviceClasses() {
        return OURS + "/passthroughdeviceclasses";
    }

    public static String resourceSlices() {
        return SLICES;
    }

    /** Returns the path of the list of the ResourceSlices that a driver has on a node. */
    public static String resourceSlicesOf(String node, String driver) {
        return SLICES + "?fieldSelector=spec.nodeName%3D" + checked(node) + "%2Cspec.driver%3D" + checked(driver);
    }

    /** Returns the path of the first ResourceSlices of a node, of all drivers, as the API server has cached them. */
    public static String firstResourceSlicesOf(String node, int limit) {
        return SLICES + "?resourceVersion=0&fieldSelector=spec.nodeName%3D" + checked(node) + "&limit=" + limit;
    }

    /** Returns the path of the first ResourceSlices that a driver has on a node. */
    public static String firstResourceSlicesOf(String node, String driver, int limit) {
        return resourceSlicesOf(node, driver) + "&limit=" + limit;
    }

    /** Returns whether a text can be the name of an object, and so be in a path. */
    public static boolean isName(String text) {
        return NAME.matcher(text).matches();
    }

    public static String resourceSlice(String name) {
        return SLICES + "/" + checked(name);
    }

    private static String checked(String name) {
        if (!isName(name)) {
            throw new IllegalArgumentException("\"" + name + "\" is not a valid object name");
        }
        return name;
    }
}
