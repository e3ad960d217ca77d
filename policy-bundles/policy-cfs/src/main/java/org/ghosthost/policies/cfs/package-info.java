/** Completely fair: CPU time by weight, on each CPU by itself. */
@NullMarked
package org.ghosthost.policies.cfs;

import org.jspecify.annotations.NullMarked;
