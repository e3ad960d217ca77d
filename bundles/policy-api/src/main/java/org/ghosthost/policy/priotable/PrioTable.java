package org.ghosthost.policy.priotable;

/** stub */
public final class PrioTable {}
