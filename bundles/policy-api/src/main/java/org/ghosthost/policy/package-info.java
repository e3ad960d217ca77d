/** What the author of a scheduling policy sees: callbacks in, decisions out. */
@Export
@Version("1.0.0")
@NullMarked
package org.ghosthost.policy;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
