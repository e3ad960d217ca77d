/** Headless runs on the simulated machine: simulate, demo and their result tables. */
@NullMarked
package org.ghosthost.simulate;

import org.jspecify.annotations.NullMarked;
