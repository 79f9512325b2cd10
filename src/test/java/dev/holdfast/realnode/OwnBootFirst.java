package dev.holdfast.realnode;

import dev.holdfast.testbed.node.OnRealNode;
import java.util.Comparator;
import org.junit.jupiter.api.ClassDescriptor;
import org.junit.jupiter.api.ClassOrderer;
import org.junit.jupiter.api.ClassOrdererContext;

/**
 * Classes that boot their own node run before those that share one: the shared node runs until the end of the run, and
 * two nodes at a time take each other's processor. The node profile of {@code pom.xml} names this class.
 */
public final class OwnBootFirst implements ClassOrderer {
    @Override
    public void orderClasses(ClassOrdererContext context) {
        context.getClassDescriptors().sort(Comparator.comparing(OwnBootFirst::sharesNode));
    }

    private static boolean sharesNode(ClassDescriptor test) {
        return test.isAnnotated(OnRealNode.class);
    }
}
