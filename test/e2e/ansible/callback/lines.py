"""Tells how each task ended on each host, one JSON object a line, and the counts at the end."""

import json

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: lines
type: stdout
short_description: one JSON object a line
description: How each task ended on each host, and the counts at the end.
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "lines"

    # What only brings in other tasks, or steers the run, is no task that Mailferry tells of.
    SILENT = ("include_tasks", "include_role", "meta")

    def _tell(self, result, status):
        task = result._task
        silent = task.action.split(".")[-1] in self.SILENT
        if silent and (status == "ok" or task.action == "meta"):
            return
        line = {"task": task.name or task.action, "host": result._host.get_name(), "status": status}
        print(json.dumps(line), flush=True)

    def v2_runner_on_ok(self, result):
        self._tell(result, "changed" if result._result.get("changed") else "ok")

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._tell(result, "ignored" if ignore_errors else "failed")

    def v2_runner_on_skipped(self, result):
        self._tell(result, "skipped")

    def v2_runner_on_unreachable(self, result):
        self._tell(result, "unreachable")

    def v2_playbook_on_stats(self, stats):
        hosts = {host: stats.summarize(host) for host in sorted(stats.processed)}
        print(json.dumps({"tallies": hosts}), flush=True)
