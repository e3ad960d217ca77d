/** What a policy knows of the PrioTables of its clients: a cache of them that is kept up to date pass by pass. */
@NullMarked
package org.ghosthost.agent.priotable;

import org.jspecify.annotations.NullMarked;
