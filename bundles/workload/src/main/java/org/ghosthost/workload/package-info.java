/**
 * What tasks do, apart from any machine that runs them: task programs, and the files and generators they come from.
 */
@Export
@Version("1.0.0")
@NullMarked
package org.ghosthost.workload;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
