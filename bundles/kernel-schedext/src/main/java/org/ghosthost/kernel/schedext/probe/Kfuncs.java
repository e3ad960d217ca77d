package org.ghosthost.kernel.schedext.probe;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The kernel functions that the BPF program calls. A line is one need: the names under which kernels offer it, newest
 * first, each with its number of parameters. A kernel that has none of them is too old; one whose BTF describes a
 * function with another number of parameters was built by a pahole that did not know the hidden ones.
 */
final class Kfuncs {
    private static final List<String> NEEDS = List.of(
            "scx_bpf_create_dsq/2",
            "scx_bpf_destroy_dsq/1",
            "scx_bpf_dsq_insert___v2/4 scx_bpf_dsq_insert/4 scx_bpf_dispatch/4",
            "__scx_bpf_dsq_insert_vtime/2 scx_bpf_dsq_insert_vtime/5 scx_bpf_dispatch_vtime/5",
            "scx_bpf_dsq_move_to_local___v2/2 scx_bpf_dsq_move_to_local/1 scx_bpf_consume/1",
            "scx_bpf_dsq_move/4 scx_bpf_dispatch_from_dsq/4",
            "scx_bpf_dsq_move_set_slice/2 scx_bpf_dispatch_from_dsq_set_slice/2",
            "bpf_iter_scx_dsq_new/3",
            "bpf_iter_scx_dsq_next/1",
            "bpf_iter_scx_dsq_destroy/1",
            "bpf_iter_num_new/3",
            "bpf_iter_num_next/1",
            "bpf_iter_num_destroy/1",
            "scx_bpf_dsq_nr_queued/1",
            "scx_bpf_kick_cpu/2",
            "scx_bpf_reenqueue_local/0",
            "scx_bpf_cpu_curr/1 scx_bpf_cpu_rq/1",
            "scx_bpf_task_cpu/1",
            "scx_bpf_select_cpu_dfl/4",
            "scx_bpf_test_and_clear_cpu_idle/1",
            "scx_bpf_nr_cpu_ids/0",
            "scx_bpf_get_online_cpumask/0",
            "scx_bpf_put_cpumask/1",
            "scx_bpf_dump_bstr/3",
            "bpf_task_from_pid/1",
            "bpf_task_release/1",
            "bpf_rcu_read_lock/0",
            "bpf_rcu_read_unlock/0",
            "bpf_cpumask_test_cpu/2");
    /** The program does without these where they are not. */
    private static final List<String> WELCOME = List.of("scx_bpf_task_set_slice/2");

    private Kfuncs() {}

    /** What is wrong with the functions that this BTF describes, by function; empty if all is well. */
    static Map<String, String> problems(Btf btf) {
        Map<String, String> problems = new TreeMap<>();
        for (String need : NEEDS) {
            List<String> defective = new ArrayList<>();
            boolean found = false;
            for (String name : need.split(" ", -1)) {
                String function = function(name);
                OptionalInt described = btf.parameters(function);
                if (described.isPresent() && described.getAsInt() == parameters(name)) {
                    found = true;
                } else if (described.isPresent()) {
                    defective.add(function + " is described with " + described.getAsInt() + " parameters, not "
                            + parameters(name));
                }
            }
            if (!found) {
                String newest = function(need.split(" ", 2)[0]);
                problems.put(newest, defective.isEmpty() ? "" : defective.getFirst());
            }
        }
        return problems;
    }

    /** Number of parameters of each function that is known here. */
    static Map<String, Integer> known() {
        Map<String, Integer> known = new TreeMap<>();
        Stream.concat(NEEDS.stream(), WELCOME.stream()).flatMap(need -> Arrays.stream(need.split(" ", -1)))
                .forEach(name -> known.put(function(name), parameters(name)));
        return known;
    }

    private static String function(String name) {
        return name.substring(0, name.indexOf('/'));
    }

    private static int parameters(String name) {
        return Integer.parseInt(name.substring(name.indexOf('/') + 1));
    }
}
