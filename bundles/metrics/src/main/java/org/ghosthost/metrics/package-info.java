/** What a run measured: latencies by task and in total, and a trace of it for people to look at. */
@Export
@Version("1.0.0")
@NullMarked
package org.ghosthost.metrics;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
