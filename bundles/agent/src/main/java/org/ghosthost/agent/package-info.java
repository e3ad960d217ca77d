/** Building blocks for policy authors; embedded in each policy, never shared between versions. */
@NullMarked
package org.ghosthost.agent;

import org.jspecify.annotations.NullMarked;
