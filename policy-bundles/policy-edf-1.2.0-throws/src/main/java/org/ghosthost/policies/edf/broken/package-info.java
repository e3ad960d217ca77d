/** Release 1.2.0: throws in mid-run, to show what the host does about it. */
@NullMarked
package org.ghosthost.policies.edf.broken;

import org.jspecify.annotations.NullMarked;
