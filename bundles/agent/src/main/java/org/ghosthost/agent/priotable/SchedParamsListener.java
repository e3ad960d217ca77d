package org.ghosthost.agent.priotable;

/** Implemented by a policy that reads PrioTables: hears what applications say about their threads. */
public interface SchedParamsListener {
    /**
     * The parameters of a thread changed. Called within {@link Orchestrator#refresh}, on its thread.
     *
     * <p>The gtid is the application's word: check that it names a task of the process {@link Orchestrator#tgid()},
     * else one application could speak for the threads of another. It is 0 if the item has no thread (yet).
     *
     * @param params what the application says now; the object stays the same for the life of the orchestrator
     * @param oldGtid the thread for which {@code params} spoke before; 0 if for none
     */
    void paramsChanged(Orchestrator orchestrator, SchedParams params, long oldGtid);
}
