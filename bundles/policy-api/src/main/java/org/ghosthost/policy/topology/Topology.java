package org.ghosthost.policy.topology;

/** stub */
public final class Topology {}
