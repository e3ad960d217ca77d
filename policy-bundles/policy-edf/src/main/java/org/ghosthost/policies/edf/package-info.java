/** Earliest deadline first: what all releases share. */
@NullMarked
package org.ghosthost.policies.edf;

import org.jspecify.annotations.NullMarked;
