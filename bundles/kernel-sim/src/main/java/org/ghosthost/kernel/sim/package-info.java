/** The deterministic machine: CPUs and tasks in virtual time, from one seed. */
@Export
@Version("1.0.0")
@NullMarked
package org.ghosthost.kernel.sim;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
