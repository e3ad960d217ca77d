/** Benchmarks of the hot paths: a decision, an event of the simulated machine, a roll. */
@NullMarked
package org.ghosthost.bench;

import org.jspecify.annotations.NullMarked;
