package org.ghosthost.host;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.ghosthost.enclave.kernel.Tunable;
import org.ghosthost.policy.PolicyModel;
import org.ghosthost.policy.topology.CpuSet;
import org.ghosthost.policy.topology.Topology;
import org.jspecify.annotations.Nullable;

/**
 * What a configuration file says about a host. Everything in it is checked before anything is started, as far as it can
 * be told without running a policy's code: the keys of a policy are checked when it is loaded, before any enclave is
 * made.
 *
 * @param file where it was read
 * @param backend name of the backend
 * @param backendOptions settings of the backend by name
 * @param machine the machine to simulate, or this one
 * @param enclaves to be made, in this order
 */
record HostConfig(Path file, String backend, Map<String, String> backendOptions, Topology machine,
        List<EnclavePlan> enclaves) {
    private static final String OPTION = "option.";
    private static final String CONFIGURE = "configure.";
    private static final String TUNABLE = "tunable.";
    private static final List<String> HOST_KEYS = List.of("backend", "cpus", "machine", "pin");
    private static final List<String> ENCLAVE_KEYS = List.of("cpus", "policy");

    /**
     * An enclave to be made.
     *
     * @param where the place in the file
     * @param policy the jar of its policy, absolute or among the product's; empty for the built-in FIFO
     * @param configuration of the policy
     * @param tunables of the enclave
     */
    record EnclavePlan(String where, int id, CpuSet cpus, String policy, Map<String, String> configuration,
            Map<String, String> tunables) {
        EnclavePlan {
            configuration = Map.copyOf(configuration);
            tunables = Map.copyOf(tunables);
        }
    }

    HostConfig {
        backendOptions = Map.copyOf(backendOptions);
        enclaves = List.copyOf(enclaves);
    }

    /**
     * Reads and checks a file.
     *
     * @param policies where the product keeps policies
     * @throws GhostException with one sentence for each mistake, and its line
     */
    static HostConfig read(Path file, Path policies) throws GhostException {
        ConfigFile config = ConfigFile.read(file);
        Reader reader = new Reader(config, policies);
        HostConfig result = reader.read();
        config.check();
        return result;
    }

    /** What it says, in one line, for people. */
    String summary() {
        return file.getFileName() + " is in order: backend " + backend + ", "
                + (enclaves.isEmpty() ? "no enclave" : String.join(", ", enclaves.stream().map(enclave -> "enclave "
                        + enclave.id() + " on CPUs " + enclave.cpus() + " with "
                        + (enclave.policy().isEmpty() ? "the built-in FIFO"
                                : Path.of(enclave.policy()).getFileName())).toList()));
    }

    private static final class Reader {
        private final ConfigFile config;
        private final Path policies;
        private final Map<String, String> options = new TreeMap<>();
        private final List<EnclavePlan> enclaves = new ArrayList<>();
        private String backend = HostOptions.SIMULATED;

        Reader(ConfigFile config, Path policies) {
            this.config = config;
            this.policies = policies;
        }

        HostConfig read() {
            Topology machine = Topology.parse("8");
            for (ConfigFile.Section section : config.sections()) {
                if (section.kind().equals("host")) {
                    machine = host(section);
                }
            }
            for (ConfigFile.Section section : config.sections()) {
                if (section.kind().equals("enclave")) {
                    enclave(section, machine);
                } else if (!section.kind().equals("host")) {
                    config.problem(section.line(), "unknown section " + ConfigFile.name(section)
                            + Sentences.didYouMean(section.kind(), List.of("host", "enclave"), "")
                            + ": there are [host] and [enclave ID]");
                }
            }
            return new HostConfig(config.path(), backend, options, machine, enclaves);
        }

        private Topology host(ConfigFile.Section section) {
            if (!section.argument().isEmpty()) {
                config.problem(section.line(), "[host] takes no name");
            }
            for (ConfigFile.Entry entry : section.entries().values()) {
                if (entry.key().startsWith(OPTION)) {
                    options.put(entry.key().substring(OPTION.length()), entry.value());
                } else if (!HOST_KEYS.contains(entry.key())) {
                    unknown(section, entry, HOST_KEYS);
                }
            }
            ConfigFile.Entry named = section.entry("backend");
            if (named != null) {
                backend = named.value();
            }
            if (!backend.equals(HostOptions.SIMULATED) && !backend.equals(HostOptions.SCHED_EXT) && named != null) {
                config.problem(named.line(), "unknown backend '" + backend + "': there are sim and sched_ext");
            }
            pin(section.entry("pin"));
            boolean real = backend.equals(HostOptions.SCHED_EXT);
            if (!real && !options.isEmpty()) {
                config.problem(section.line(), "option.* and pin are for backend = sched_ext");
            }
            return real ? thisMachine(section) : simulated(section);
        }

        private void pin(ConfigFile.@Nullable Entry pin) {
            if (pin != null && !pin.value().equals("yes") && !pin.value().equals("no")) {
                config.problem(pin.line(), "pin is yes or no, not '" + pin.value() + "'");
            } else if (pin != null && pin.value().equals("yes")) {
                options.put("pin", "1");
            }
        }

        private Topology thisMachine(ConfigFile.Section section) {
            for (String key : List.of("cpus", "machine")) {
                ConfigFile.Entry entry = section.entry(key);
                if (entry != null) {
                    config.problem(entry.line(), key + " describes a simulated machine: sched_ext takes this one");
                }
            }
            try {
                return Topology.ofHost();
            } catch (IOException e) {
                config.problem(section.line(), "the CPUs of this machine are not known: " + Sentences.of(e));
                return Topology.parse("1");
            }
        }

        private Topology simulated(ConfigFile.Section section) {
            ConfigFile.Entry cpus = section.entry("cpus");
            ConfigFile.Entry machine = section.entry("machine");
            if (cpus != null && machine != null) {
                config.problem(machine.line(), "cpus and machine exclude each other");
            }
            ConfigFile.Entry said = machine == null ? cpus : machine;
            try {
                return Topology.parse(said == null ? "8" : said.value());
            } catch (IllegalArgumentException e) {
                config.problem(said == null ? section.line() : said.line(), String.valueOf(e.getMessage()));
                return Topology.parse("8");
            }
        }

        private void enclave(ConfigFile.Section section, Topology machine) {
            Map<String, String> configuration = new LinkedHashMap<>();
            Map<String, String> tunables = new LinkedHashMap<>();
            for (ConfigFile.Entry entry : section.entries().values()) {
                if (entry.key().startsWith(CONFIGURE)) {
                    configuration.put(entry.key().substring(CONFIGURE.length()), entry.value());
                } else if (entry.key().startsWith(TUNABLE)) {
                    tunable(entry, tunables);
                } else if (!ENCLAVE_KEYS.contains(entry.key())) {
                    unknown(section, entry, ENCLAVE_KEYS);
                }
            }
            int id = 0;
            try {
                id = HostOptions.enclave("the number of an enclave", section.argument());
            } catch (GhostException e) {
                config.problem(section.line(), e.toString());
            }
            CpuSet cpus = cpus(section, machine);
            ConfigFile.Entry policy = section.entry("policy");
            String jar = policy == null ? "" : policy(policy, cpus);
            if (policy == null && !configuration.isEmpty()) {
                config.problem(section.line(), "configure.* is for a policy, and there is none");
            }
            enclaves.add(new EnclavePlan(config.at(section.line()), id, cpus, jar, configuration, tunables));
        }

        private CpuSet cpus(ConfigFile.Section section, Topology machine) {
            ConfigFile.Entry entry = section.entry("cpus");
            if (entry == null) {
                config.problem(section.line(), ConfigFile.name(section) + " has no cpus");
                return CpuSet.of(0);
            }
            try {
                CpuSet cpus = machine.parseCpus(entry.value());
                for (EnclavePlan other : enclaves) {
                    if (cpus.intersects(other.cpus())) {
                        config.problem(entry.line(), "enclave " + other.id() + " has some of CPUs " + entry.value()
                                + " already: it has " + other.cpus());
                    }
                }
                if (cpus.isEmpty()) {
                    config.problem(entry.line(), "an enclave needs at least one CPU");
                }
                return cpus;
            } catch (IllegalArgumentException e) {
                config.problem(entry.line(), String.valueOf(e.getMessage()));
                return CpuSet.of(0);
            }
        }

        private String policy(ConfigFile.Entry entry, CpuSet cpus) {
            Path folder = config.path().toAbsolutePath().getParent();
            try {
                Path file = new PolicySource(policies, policies).find(entry.value(),
                        folder == null ? Path.of("/") : folder);
                PolicyJar jar = PolicyJar.read(file);
                Owner.checkSource(file);
                if (jar.model() == PolicyModel.GLOBAL && cpus.size() < 2) {
                    config.problem(entry.line(), "policy " + jar.title() + " is global and needs 2 or more CPUs");
                }
                return file.toString();
            } catch (GhostException | IOException e) {
                config.problem(entry.line(), Sentences.of(e));
                return "";
            }
        }

        private void tunable(ConfigFile.Entry entry, Map<String, String> into) {
            String name = entry.key().substring(TUNABLE.length());
            List<String> known = Stream.concat(Stream.of("auto_roll"), Arrays.stream(Tunable.values())
                    .map(Tunable::text)).toList();
            if (!known.contains(name)) {
                config.problem(entry.line(), "there is no tunable '" + name + "'"
                        + Sentences.didYouMean(name, known, TUNABLE) + ": there are " + String.join(", ", known));
            } else if (!entry.value().matches("\\d{1,18}")) {
                config.problem(entry.line(), entry.key() + " is a whole number, not '" + entry.value() + "'");
            }
            into.put(name, entry.value());
        }

        private void unknown(ConfigFile.Section section, ConfigFile.Entry entry, List<String> known) {
            config.problem(entry.line(), "unknown key '" + entry.key() + "' in " + ConfigFile.name(section)
                    + Sentences.didYouMean(entry.key(), known, ""));
        }
    }
}
