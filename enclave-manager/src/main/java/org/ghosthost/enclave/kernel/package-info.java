/** The seam between enclaves and what runs their threads: a simulated machine, or Linux through sched_ext. */
@Export
@Version("1.0.0")
@NullMarked
package org.ghosthost.enclave.kernel;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
