# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two years of a trust, day by day: rotate daily, audit at night, configure weekly, in this process and on a clock of its own.

No socket is opened and no ansible-playbook is started: the role runs as in tests/sweep.

A run is left out only where it can do and say nothing new: the one before it was green and changed nothing, estate and options are as
it left them, and since then nobody did anything and no boundary was passed, nor one of the days at which the role changes what it says of
a boundary (warn days, 30, fail days and 24 hours before it, the overlap after it). The day before and the day after each are never left
out, and no two weeks. The run after days that were left out must be green and change nothing too; where it is not, the scenario
fails, since something happened in those days. `--daily` leaves out none.

After every run, after everything that an administrator does, and one second before, at and one second after each boundary, each Front End
signs an assertion with what it signs with then, and the lab's token service is asked for a token. Boundaries are the begin and end of each
certificate that the farm has assigned and of each entry of the tenant, effective dates, and the ends of overlaps. Where the shared Exchange
Online principal is to hold the certificate, an entry of it must be valid there too. After configure, every external name is asked as well.

What is counted as wrong:

refused
    A token is refused, and the scenario has not declared an outage for that Front End and that moment. An outage is declared only for what
    no run can prevent, such as a certificate that ends and that nobody replaces.
lost
    A run takes away a key of others from a service principal, or its content, or a name that is not the farm's.
untrue
    A run is red where it fails, or where an audit's verdict is not compliant; otherwise it is green. Warnings do not make it red. It is
    untrue where it is
     - green, and a token is refused at that moment as the run leaves things;
     - green, and a token is refused within 24 hours, as the run leaves things, without anybody doing anything;
     - green within trust_fail_days (7) before a declared outage that is foreseeable, from the day on which it can be known;
     - green while something is wrong that the scenario declares and that such a run has to say; or red without the words for it;
     - red, although no token is refused then or within trust_fail_days, and the scenario declares nothing that is wrong or to be done;
     - ended by anything but a message of ours;
     - followed by a state that the scenario forbids (for example a second certificate where one was made already).
"""
