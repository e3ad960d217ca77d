/** Flux: a tree of schedulers, to which CPUs are granted from the top and return from below. */
@NullMarked
package org.ghosthost.policies.flux;

import org.jspecify.annotations.NullMarked;
