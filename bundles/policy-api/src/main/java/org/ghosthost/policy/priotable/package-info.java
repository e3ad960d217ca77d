/** The table in shared memory through which applications tell a policy what their threads are about to do. */
@Export
@Version("1.0.0")
@NullMarked
package org.ghosthost.policy.priotable;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
