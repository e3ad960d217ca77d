/** A scripted machine, conformance groups and assertions for those who test a policy or a backend. */
@Export
@Version("1.0.0")
@NullMarked
package org.ghosthost.testkit;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
