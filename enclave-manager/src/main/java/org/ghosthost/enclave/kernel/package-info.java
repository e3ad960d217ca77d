/** The seam to a kernel: what the enclave manager asks of a simulated or a real one. */
@Export
@Version("1.0.0")
@NullMarked
package org.ghosthost.enclave.kernel;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
