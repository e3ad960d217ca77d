/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#include "machine.h"
#include <string.h>
int main(int argc, char **argv)
{
    with_switch_probe = !(argc > 2 && !strcmp(argv[2], "noprobe"));
    machine_load(argv[1]);
    printf("loaded\n");
    machine_attach();
    printf("attached\n");
    nap_ms(300);
    machine_detach();
    printf("exited %u kind %u %s\n", control->exited, control->exit_kind, control->exit_reason);
    return 0;
}
