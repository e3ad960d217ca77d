package org.ghosthost.policy;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.osgi.annotation.bundle.Attribute;
import org.osgi.annotation.bundle.Capability;
import org.osgi.annotation.bundle.Header;

/**
 * Put on the {@link PolicyFactory} of a bundle, which is its activator too (the building block {@code PolicyBundle}):
 * becomes the bundle's {@code ghost.policy} capability, which the host reads before any code of the bundle runs, and
 * its {@code Bundle-Activator}. The version of the policy is the version of its bundle.
 */
@Capability(namespace = GhostPolicy.NAMESPACE)
@Header(name = "Bundle-Activator", value = "${@class}")
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.CLASS)
public @interface GhostPolicy {
    /** Namespace of the capability. */
    String NAMESPACE = "ghost.policy";

    /** Name of the policy; releases of one policy share it. Lower case letters, digits and {@code -}. */
    @Attribute("name")
    String name();

    /** Who decides: {@code global}, {@code per-cpu} or {@code in-kernel} ({@link PolicyModel#text()}). */
    @Attribute("model")
    String model();

    /** What the backend must offer ({@link Feature#text()}). */
    @Attribute("needs")
    String[] needs() default {};
}
