import { Failure } from "../contract/errors.ts";
import { lookingModule } from "../contract/module.ts";
import { closed, text } from "./argument-schemas.ts";

export interface PingArgs {
  readonly data?: string;
}

/** Shows that a host can be reached and worked on. */
export const ping = lookingModule<PingArgs>({
  name: "ping",
  description:
    "Shows that the host can be reached, and that a command runs there as the task's user. Registers `ping`. Nothing of ICMP, and no Python.",
  args: closed({
    data: text(
      "What `ping` holds in the result; `pong` without it. `crash` makes the task fail, to try that out.",
    ),
  }),

  async look({ data = "pong" }, host) {
    if (data === "crash") throw new Failure("task-failed", "boom", { host: host.name });
    const { stdout } = await host.probe(["printf", "%s", data]);
    return { result: { ping: stdout.toString("utf8") } };
  },
});
