package dev.holdfast.testbed.node;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The tests of this class run on the real node. Constructors and methods may take the {@link RealNode}: one boot for all
 * classes of a run. Each test begins and ends with no VM and all devices free.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(RealNodeExtension.class)
public @interface OnRealNode {}
